// Whether and when to try a request again. A value; belongs to one request.
#pragma once

#include <cstdint>
#include <optional>

#include "source/config/route.h"
#include "source/event/clock.h"
#include "source/http/message.h"
#include "source/http/stream_error.h"

namespace weir::proxy {

class Retry {
 public:
  // `policy` may be null: nothing is tried again.
  explicit Retry(const config::RetryPolicy* policy)
      : policy_(policy), left_(policy == nullptr ? 0 : policy->num_retries) {}

  bool enabled() const { return policy_ != nullptr && policy_->retry_on != 0; }
  bool any_left() const { return left_ > 0; }
  uint32_t made() const { return enabled() ? policy_->num_retries - left_ : 0; }

  // Whether the policy wants this outcome tried again. Pure; whether any is left is asked apart, so
  // that reaching the limit can be counted and flagged (URX).
  bool Wants(const http::StreamError& error) const;
  bool Wants(const http::ResponseHead& response) const;

  // Takes one and says how long to wait: uniform in [0, (2^n - 1) * base), at most the policy's
  // greatest.
  event::Duration Take(uint64_t random);

 private:
  const config::RetryPolicy* policy_;
  uint32_t left_;
};

}  // namespace weir::proxy
