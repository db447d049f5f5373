#include "source/proxy/retry.h"

#include <algorithm>

#include "source/base/strings.h"
#include "source/http/syntax.h"

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::HeaderId;

const config::RetryPolicy& DefaultPolicy() {
  static const config::RetryPolicy kPolicy;
  return kPolicy;
}

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

// The outcomes of one request that have no response, as bits that want them tried again.
uint32_t BitsFor(const http::StreamError& error) {
  constexpr uint32_t kAnyReset =
      config::kRetryOn5xx | config::kRetryOnGatewayError | config::kRetryOnReset;
  switch (error.kind) {
    case ErrorKind::kConnectFailed:
    case ErrorKind::kConnectTimeout:
      return kAnyReset | config::kRetryOnConnectFailure;
    case ErrorKind::kRefusedStream:
      return config::kRetryOn5xx | config::kRetryOnReset | config::kRetryOnRefusedStream;
    case ErrorKind::kConnectionClosed:
    case ErrorKind::kStreamReset:
    case ErrorKind::kMalformed:
    case ErrorKind::kPerTryTimeout:
    case ErrorKind::kPerTryIdleTimeout:
    case ErrorKind::kMaxDuration:
      return error.unprocessed ? kAnyReset | config::kRetryOnResetBeforeRequest : kAnyReset;
    default:
      return 0;
  }
}

bool Matches(const std::vector<match::HeaderMatcher>& matchers, const auto& head) {
  return std::any_of(matchers.begin(), matchers.end(),
                     [&](const auto& matcher) { return matcher.Matches(head); });
}

}  // namespace

Retry::Retry(const config::RetryPolicy* policy, const RetryWishes& wishes,
             const http::RequestHead& head)
    : policy_(policy != nullptr ? policy : &DefaultPolicy()),
      on_(policy_->retry_on | wishes.on),
      left_(policy_->num_retries),
      more_status_codes_(wishes.status_codes),
      more_fields_(wishes.response_fields) {
  if (on_ == 0) return;
  const auto& wanted = policy_->retriable_request_headers;
  if (!wanted.empty() && !Matches(wanted, head)) on_ = 0;
  if (wishes.most.has_value()) left_ = *wishes.most;
}

bool Retry::Wants(const http::StreamError& error) const { return (on_ & BitsFor(error)) != 0; }

bool Retry::Wants(const http::ResponseHead& response) const {
  if (!enabled()) return false;
  // An upstream that has too much to do would only get more.
  if (response.headers.Has(HeaderId::kXEnvoyOverloaded)) return false;
  if (response.headers.Has(HeaderId::kXEnvoyRatelimited)) {
    return (on_ & config::kRetryOnEnvoyRateLimited) != 0;
  }
  const uint16_t status = response.status;
  if ((on_ & config::kRetryOn5xx) != 0 && status >= 500) return true;
  if ((on_ & config::kRetryOnGatewayError) != 0 && status >= 502 && status <= 504) return true;
  if ((on_ & config::kRetryOnRetriable4xx) != 0 && status == 409) return true;
  if ((on_ & config::kRetryOnRetriableStatusCodes) != 0 && HasRetriableStatus(status)) return true;
  if ((on_ & config::kRetryOnRetriableHeaders) != 0 && HasRetriableField(response)) return true;
  if (const auto grpc = response.headers.Get(HeaderId::kGrpcStatus)) {
    if (const auto code = ParseUint64(*grpc)) return (on_ & GrpcBit(*code)) != 0;
  }
  return false;
}

bool Retry::HasRetriableStatus(uint16_t status) const {
  const std::vector<uint16_t>& codes = policy_->retriable_status_codes;
  if (std::binary_search(codes.begin(), codes.end(), status)) return true;
  bool found = false;
  http::ForEachElement(more_status_codes_, [&](std::string_view code) {
    found = found || ParseUint64(code) == uint64_t{status};
  });
  return found;
}

bool Retry::HasRetriableField(const http::ResponseHead& response) const {
  if (Matches(policy_->retriable_headers, response)) return true;
  bool found = false;
  http::ForEachElement(more_fields_, [&](std::string_view name) {
    found = found || response.headers.Get(AsciiLower(name)).has_value();
  });
  return found;
}

event::Duration Retry::Take(uint64_t random) {
  --left_;
  ++made_;
  const uint32_t shift = std::min(made_, 30u);
  const uint64_t base = static_cast<uint64_t>(policy_->back_off_base.count());
  const uint64_t ceiling = static_cast<uint64_t>(policy_->back_off_max.count());
  const uint64_t window = std::min(((uint64_t{1} << shift) - 1) * base, ceiling);
  return std::chrono::milliseconds(window == 0 ? 0 : random % window);
}

std::optional<event::Duration> Retry::TakeAsAsked(const http::ResponseHead& response,
                                                  event::SystemTime now, uint64_t random) {
  using std::chrono::milliseconds;
  for (const config::ResetHeader& header : policy_->reset_headers) {
    const auto text = response.headers.Get(header.field);
    const auto seconds = text.has_value() ? ParseUint64(*text) : std::nullopt;
    // What does not fit in milliseconds is far above every limit.
    if (!seconds.has_value() || *seconds > uint64_t{INT64_MAX} / 1000) continue;
    auto wait = milliseconds(static_cast<int64_t>(*seconds) * 1000);
    if (header.unix_timestamp) {
      wait -= std::chrono::duration_cast<milliseconds>(now.time_since_epoch());
    }
    if (wait.count() <= 0 || wait > policy_->reset_max) continue;
    --left_;
    ++made_;
    const uint64_t jitter = static_cast<uint64_t>(wait.count()) / 2;
    return wait + milliseconds(static_cast<int64_t>(jitter == 0 ? 0 : random % jitter));
  }
  return std::nullopt;
}

}  // namespace weir::proxy
