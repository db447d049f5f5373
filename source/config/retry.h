// When a request is tried again (envoy.config.route.v3.RetryPolicy), as an immutable value.
// Defaults are Envoy's.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/match/header_matcher.h"

namespace weir::config {

// Bits of retry_on and of x-envoy-retry-on.
enum RetryOn : uint32_t {
  kRetryOn5xx = 1u << 0,
  kRetryOnGatewayError = 1u << 1,
  kRetryOnReset = 1u << 2,
  kRetryOnConnectFailure = 1u << 3,
  kRetryOnRefusedStream = 1u << 4,
  kRetryOnRetriable4xx = 1u << 5,
  kRetryOnRetriableStatusCodes = 1u << 6,
  kRetryOnResetBeforeRequest = 1u << 7,
  kRetryOnGrpcCancelled = 1u << 8,
  kRetryOnGrpcDeadlineExceeded = 1u << 9,
  kRetryOnGrpcInternal = 1u << 10,
  kRetryOnGrpcResourceExhausted = 1u << 11,
  kRetryOnGrpcUnavailable = 1u << 12,
  kRetryOnRetriableHeaders = 1u << 13,
  kRetryOnEnvoyRateLimited = 1u << 14,
};

// The names of all conditions with their bits.
struct RetryCondition {
  std::string_view name;
  RetryOn bit;
};
std::span<const RetryCondition> RetryConditions();
// The bit of a name; 0 when there is no such condition.
uint32_t RetryBit(std::string_view name);

// A response field that says when to come again.
struct ResetHeader {
  std::string field;            // lower case
  bool unix_timestamp = false;  // A point in time instead of seconds from now.
  friend bool operator==(const ResetHeader&, const ResetHeader&) = default;
};

struct RetryPolicy {
  uint32_t retry_on = 0;
  uint32_t num_retries = 1;
  std::chrono::milliseconds per_try_timeout{0};                 // 0: none
  std::chrono::milliseconds per_try_idle_timeout{0};            // 0: none
  std::vector<uint16_t> retriable_status_codes;                 // sorted
  std::vector<match::HeaderMatcher> retriable_headers;          // Of the response; one is enough.
  std::vector<match::HeaderMatcher> retriable_request_headers;  // One must match, if there are any.
  std::chrono::milliseconds back_off_base{25};
  std::chrono::milliseconds back_off_max{250};
  std::vector<ResetHeader> reset_headers;  // rate_limited_retry_back_off
  std::chrono::milliseconds reset_max{300'000};
  bool avoid_previous_hosts = false;  // The predicate previous_hosts.
  uint32_t host_attempts = 1;         // host_selection_retry_max_attempts
  bool refresh_cluster = false;       // refresh_cluster_on_retry
  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

}  // namespace weir::config
