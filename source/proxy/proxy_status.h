// The field Proxy-Status of an answer (RFC 9209): what went wrong here, as the response flags say.
// A function of its arguments.
#pragma once

#include "source/config/listener.h"
#include "source/http/message.h"
#include "source/stream_info/stream_info.h"

namespace weir::proxy {

// Adds the field, and gives the answer the status that goes with the error where that is wanted.
// Nothing happens to an answer without an error.
void SayProxyStatus(const config::ProxyStatus& config, const stream_info::StreamInfo& info,
                    http::ResponseHead& head);

}  // namespace weir::proxy
