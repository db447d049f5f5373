#include "source/config/retry.h"

#include <array>

namespace weir::config {
namespace {

constexpr std::array<RetryCondition, 15> kConditions = {{
    {"5xx", kRetryOn5xx},
    {"gateway-error", kRetryOnGatewayError},
    {"reset", kRetryOnReset},
    {"reset-before-request", kRetryOnResetBeforeRequest},
    {"connect-failure", kRetryOnConnectFailure},
    {"refused-stream", kRetryOnRefusedStream},
    {"retriable-4xx", kRetryOnRetriable4xx},
    {"retriable-status-codes", kRetryOnRetriableStatusCodes},
    {"retriable-headers", kRetryOnRetriableHeaders},
    {"envoy-ratelimited", kRetryOnEnvoyRateLimited},
    {"cancelled", kRetryOnGrpcCancelled},
    {"deadline-exceeded", kRetryOnGrpcDeadlineExceeded},
    {"internal", kRetryOnGrpcInternal},
    {"resource-exhausted", kRetryOnGrpcResourceExhausted},
    {"unavailable", kRetryOnGrpcUnavailable},
}};

}  // namespace

std::span<const RetryCondition> RetryConditions() { return kConditions; }

uint32_t RetryBit(std::string_view name) {
  for (const RetryCondition& condition : kConditions) {
    if (condition.name == name) return condition.bit;
  }
  return 0;
}

}  // namespace weir::config
