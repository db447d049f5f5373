// The access-log records of one try of a request (upstream_log): when it has its stream, while it
// goes on, and at its end.
//
// A record speaks of the try as of a stream of its own: times, response code, flags and upstream
// are the try's; %BYTES_SENT% is what of the request's body went to the upstream,
// %BYTES_RECEIVED% what came of the answer's; %PROTOCOL% is the upstream's. Request and response
// are as they are when it is written. Owned by its UpstreamAttempt; worker's thread.
#pragma once

#include <memory>
#include <span>

#include "source/config/http_filters.h"
#include "source/event/loop.h"
#include "source/filter/access_log.h"
#include "source/http/stream_error.h"
#include "source/stream_info/stream_info.h"

namespace weir::proxy {

class AttemptLog {
 public:
  using Logs = std::span<const std::shared_ptr<const filter::AccessLog>>;

  // The try begins. `request` is its stream so far, of which the records have the route, the
  // client and the number of the try; it, its `head`, `config` and `logs` outlive this.
  AttemptLog(event::Loop& loop, const config::Router& config, Logs logs,
             const stream_info::StreamInfo& request, const http::RequestHead& head);
  AttemptLog(const AttemptLog&) = delete;
  AttemptLog& operator=(const AttemptLog&) = delete;

  // Who is tried: to be filled as it becomes known.
  stream_info::UpstreamInfo& upstream() { return info_.upstream; }
  void OnStream();
  // `end`: nothing of the request follows.
  void OnSent(size_t body_bytes, bool end);
  // `head` outlives this.
  void OnResponse(const http::ResponseHead& head);
  void OnReceived(size_t body_bytes) { info_.request_body_bytes += body_bytes; }
  // Writes the last record. `error`: why the try failed; null: it did not. `trailers`: of the
  // answer, null without.
  void OnEnd(const http::StreamError* error, const http::HeaderMap* trailers);

 private:
  void Write(format::LogType type, const http::HeaderMap* trailers = nullptr);

  event::Loop& loop_;
  const config::Router& config_;
  const Logs logs_;
  const http::RequestHead& request_;
  const http::ResponseHead* response_ = nullptr;  // Null: none came.
  stream_info::StreamInfo info_;
  event::Timer timer_;
};

}  // namespace weir::proxy
