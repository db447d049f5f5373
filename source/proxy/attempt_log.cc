#include "source/proxy/attempt_log.h"

#include "source/proxy/error_table.h"

namespace weir::proxy {

using format::LogType;

AttemptLog::AttemptLog(event::Loop& loop, const config::Router& config, Logs logs,
                       const stream_info::StreamInfo& request, const http::RequestHead& head)
    : loop_(loop),
      config_(config),
      logs_(logs),
      request_(head),
      info_(request.connection),
      timer_(loop, [this] {
        Write(LogType::kUpstreamPeriodic);
        timer_.Enable(config_.upstream_log_interval);
      }) {
  info_.start = loop.Now();
  info_.start_wall = loop.WallNow();
  info_.sample = request.sample;
  info_.route_name = request.route_name;
  info_.virtual_host_name = request.virtual_host_name;
  info_.downstream_remote_address = request.downstream_remote_address;
  info_.upstream.cluster_name = request.upstream.cluster_name;
  info_.upstream.attempts = request.upstream.attempts;
  if (config_.upstream_log_interval.count() > 0) timer_.Enable(config_.upstream_log_interval);
}

void AttemptLog::OnStream() {
  info_.protocol = info_.upstream.protocol;
  if (config_.log_upstream_streams) Write(LogType::kUpstreamPoolReady);
}

void AttemptLog::OnSent(size_t body_bytes, bool end) {
  const event::MonotonicTime now = loop_.Now();
  if (info_.upstream.first_byte_sent == event::MonotonicTime{})
    info_.upstream.first_byte_sent = now;
  info_.response_body_bytes += body_bytes;
  if (end) info_.request_end = info_.upstream.last_byte_sent = now;
}

void AttemptLog::OnResponse(const http::ResponseHead& head) {
  response_ = &head;
  info_.response_code = head.status;
  info_.response_begin = info_.upstream.first_byte_received = loop_.Now();
}

void AttemptLog::OnEnd(const http::StreamError* error, const http::HeaderMap* trailers) {
  timer_.Disable();
  info_.end = loop_.Now();
  if (error == nullptr) {
    info_.upstream.last_byte_received = info_.end;
  } else {
    info_.upstream.transport_failure_reason = error->transport_reason;
    // A try that was given up did not fail.
    const ErrorAnswer answer = AnswerFor(*error);
    const bool failed = error->kind != http::ErrorKind::kLocalReset;
    if (failed && answer.flag.has_value()) info_.flags.Set(*answer.flag);
  }
  Write(LogType::kUpstreamEnd, trailers);
}

void AttemptLog::Write(LogType type, const http::HeaderMap* trailers) {
  const format::FormatContext context{.info = info_,
                                      .request = &request_,
                                      .response = response_,
                                      .response_trailers = trailers,
                                      .log_type = type,
                                      .now = loop_.Now()};
  for (const auto& log : logs_) log->Log(context);
}

}  // namespace weir::proxy
