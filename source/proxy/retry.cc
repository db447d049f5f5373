#include "source/proxy/retry.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;

uint32_t GrpcBit(uint64_t status) {
  switch (status) {  // grpc status codes
    case 1:
      return config::kRetryOnGrpcCancelled;
    case 4:
      return config::kRetryOnGrpcDeadlineExceeded;
    case 8:
      return config::kRetryOnGrpcResourceExhausted;
    case 13:
      return config::kRetryOnGrpcInternal;
    case 14:
      return config::kRetryOnGrpcUnavailable;
    default:
      return 0;
  }
}

}  // namespace

bool Retry::Wants(const http::StreamError& error) const {
  if (!enabled()) return false;
  const uint32_t on = policy_->retry_on;
  switch (error.kind) {
    case ErrorKind::kConnectFailed:
    case ErrorKind::kConnectTimeout:
      return (on & (config::kRetryOn5xx | config::kRetryOnGatewayError | config::kRetryOnReset |
                    config::kRetryOnConnectFailure)) != 0;
    case ErrorKind::kRefusedStream:
      return (on & (config::kRetryOn5xx | config::kRetryOnReset | config::kRetryOnRefusedStream)) !=
             0;
    case ErrorKind::kConnectionClosed:
    case ErrorKind::kStreamReset:
    case ErrorKind::kMalformed:
    case ErrorKind::kPerTryTimeout:
      if (error.unprocessed && (on & config::kRetryOnResetBeforeRequest) != 0) return true;
      return (on & (config::kRetryOn5xx | config::kRetryOnGatewayError | config::kRetryOnReset)) !=
             0;
    default:
      return false;
  }
}

bool Retry::Wants(const http::ResponseHead& response) const {
  if (!enabled()) return false;
  const uint32_t on = policy_->retry_on;
  const uint16_t status = response.status;
  if ((on & config::kRetryOn5xx) != 0 && status >= 500) return true;
  if ((on & config::kRetryOnGatewayError) != 0 && status >= 502 && status <= 504) return true;
  if ((on & config::kRetryOnRetriable4xx) != 0 && status == 409) return true;
  if ((on & config::kRetryOnRetriableStatusCodes) != 0 &&
      std::binary_search(policy_->retriable_status_codes.begin(),
                         policy_->retriable_status_codes.end(), status)) {
    return true;
  }
  if (const auto grpc = response.headers.Get(http::HeaderId::kGrpcStatus)) {
    if (const auto code = ParseUint64(*grpc)) return (on & GrpcBit(*code)) != 0;
  }
  return false;
}

event::Duration Retry::Take(uint64_t random) {
  --left_;
  const uint32_t shift = std::min(made(), 30u);
  const uint64_t base = static_cast<uint64_t>(policy_->back_off_base.count());
  const uint64_t ceiling = static_cast<uint64_t>(policy_->back_off_max.count());
  const uint64_t window = std::min(((uint64_t{1} << shift) - 1) * base, ceiling);
  return std::chrono::milliseconds(window == 0 ? 0 : random % window);
}

}  // namespace weir::proxy
