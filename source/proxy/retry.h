// Whether and when to try a request again. A value; belongs to one request.
//
// The route's policy and what the request's own fields say (x-envoy-retry-on and so on) are merged
// once; afterwards each outcome is a question of bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "source/config/retry.h"
#include "source/event/clock.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"

namespace weir::proxy {

// What the request itself says about retries. Views into its head's arena.
struct RetryWishes {
  uint32_t on = 0;                   // x-envoy-retry-on, x-envoy-retry-grpc-on
  std::optional<uint32_t> most;      // x-envoy-max-retries
  std::string_view status_codes;     // x-envoy-retriable-status-codes
  std::string_view response_fields;  // x-envoy-retriable-header-names
};

class Retry {
 public:
  // Nothing is tried again.
  Retry() = default;
  // `policy` may be null; `head` is the request's, for retriable_request_headers.
  Retry(const config::RetryPolicy* policy, const RetryWishes& wishes,
        const http::RequestHead& head);

  bool enabled() const { return on_ != 0; }
  bool any_left() const { return left_ > 0; }
  uint32_t made() const { return made_; }
  // Null: there is none.
  const config::RetryPolicy* policy() const { return policy_; }

  // Whether this outcome is to be tried again. Pure; whether any is left is asked apart, so that
  // reaching the limit can be counted and flagged (URX).
  bool Wants(const http::StreamError& error) const;
  bool Wants(const http::ResponseHead& response) const;

  // Takes one and says how long to wait: uniform in [0, (2^n - 1) * base), at most the policy's
  // greatest.
  event::Duration Take(uint64_t random);
  // As Take, for a response that says when to come again (rate_limited_retry_back_off): that time
  // and up to half of it more. Nothing, and none taken, when it does not say or asks for too much.
  std::optional<event::Duration> TakeAsAsked(const http::ResponseHead& response,
                                             event::SystemTime now, uint64_t random);

 private:
  bool HasRetriableStatus(uint16_t status) const;
  bool HasRetriableField(const http::ResponseHead& response) const;

  const config::RetryPolicy* policy_ = nullptr;
  uint32_t on_ = 0;
  uint32_t left_ = 0;
  uint32_t made_ = 0;
  std::string_view more_status_codes_;
  std::string_view more_fields_;
};

}  // namespace weir::proxy
