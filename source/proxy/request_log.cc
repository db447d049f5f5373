// The access-log records of a request: when it comes, while it goes on, at its end.

#include <utility>

#include "source/proxy/request_stream.h"

namespace weir::proxy {

void RequestStream::Log() {
  if (std::exchange(logged_, true)) return;
  log_timer_.reset();
  if (info_.end == event::MonotonicTime{}) info_.end = platform_.loop.Now();
  WriteLogs(format::LogType::kDownstreamEnd);
}

// The record of a request that has begun, and those of one that goes on, where they are asked for.
void RequestStream::LogBeginning() {
  if (config_.log_new_requests) WriteLogs(format::LogType::kDownstreamStart);
  if (config_.log_interval.count() == 0) return;
  log_timer_.emplace(platform_.loop, [this] {
    WriteLogs(format::LogType::kDownstreamPeriodic);
    log_timer_->Enable(config_.log_interval);
  });
  log_timer_->Enable(config_.log_interval);
}

void RequestStream::WriteLogs(format::LogType type) {
  const format::FormatContext context{.info = info_,
                                      .request = &memory_->request,
                                      .response = response_started() ? &memory_->response : nullptr,
                                      .response_trailers = memory_->response_trailers.empty()
                                                               ? nullptr
                                                               : &memory_->response_trailers,
                                      .log_type = type,
                                      .now = platform_.loop.Now()};
  for (const auto& log : context_.chain.access_logs) log->Log(context);
}

}  // namespace weir::proxy
