// Answers that are made here: their status, fields and body, as local_reply_config of the
// connection manager changes them. Functions of their arguments.
#pragma once

#include <span>
#include <string_view>

#include "source/config/listener.h"
#include "source/event/clock.h"
#include "source/filter/http_filter.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"
#include "source/proxy/platform.h"
#include "source/stream_info/stream_info.h"

namespace weir::proxy {

// Fills `head` and gives the body that follows it; empty: none does. The first mapper whose filter
// holds changes the answer, body formats are run, and a gRPC request is answered by a status in
// headers. The body lives as long as `reply`, `config` and the arena of `head`; info.response_code
// becomes the final status.
std::string_view MakeLocalReply(const config::LocalReplies& config, const filter::LocalReply& reply,
                                const http::RequestHead& request, event::MonotonicTime now,
                                stream_info::StreamInfo& info, http::ResponseHead& head);

// The same for what broke the rules of HTTP/1, which the codec answers: `head` has the status, and
// error and flags stand in `info`. `request` is empty where none could be made of the bytes.
std::string_view RefuseMessage(const config::HttpConnectionManager& config,
                               const Platform& platform, const http::RequestHead& request,
                               std::string_view body, stream_info::StreamInfo& info,
                               http::ResponseHead& head);

// The fields that tell who is answered with `error` that it asks for too much; mostly none. Static.
std::span<const filter::LocalReply::Field> OverloadFields(
    const config::HttpConnectionManager& config, const config::Router& router,
    http::ErrorKind error);

}  // namespace weir::proxy
