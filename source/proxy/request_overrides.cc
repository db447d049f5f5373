#include "source/proxy/request_overrides.h"

#include <algorithm>

#include "source/base/strings.h"
#include "source/http/grpc_status.h"
#include "source/http/syntax.h"

namespace weir::proxy {
namespace {

using http::HeaderId;
using std::chrono::milliseconds;

// A hundred years: what is longer is no timeout that anybody means.
constexpr uint64_t kMostMilliseconds = uint64_t{100} * 366 * 86400 * 1000;

std::optional<milliseconds> Milliseconds(std::string_view text) {
  const std::optional<uint64_t> number = ParseUint64(text);
  if (!number.has_value() || *number > kMostMilliseconds) return std::nullopt;
  return milliseconds(static_cast<int64_t>(*number));
}

uint32_t RetryBits(std::string_view list) {
  uint32_t bits = 0;
  http::ForEachElement(list, [&](std::string_view word) { bits |= config::RetryBit(word); });
  return bits;
}

constexpr uint32_t kGrpcConditions =
    config::kRetryOnGrpcCancelled | config::kRetryOnGrpcDeadlineExceeded |
    config::kRetryOnGrpcInternal | config::kRetryOnGrpcResourceExhausted |
    config::kRetryOnGrpcUnavailable;

// Whether each word is a condition with one of these bits.
bool AreConditions(std::string_view list, uint32_t bits) {
  bool all = true;
  http::ForEachElement(
      list, [&](std::string_view word) { all = all && (config::RetryBit(word) & bits) != 0; });
  return all;
}

// Of the fields that strict_check_headers may name.
bool IsReadable(const http::HeaderField& field) {
  switch (field.id) {
    case HeaderId::kXEnvoyRetryOn:
      return AreConditions(field.value, ~kGrpcConditions);
    case HeaderId::kXEnvoyRetryGrpcOn:
      return AreConditions(field.value, kGrpcConditions);
    default:
      return ParseUint64(field.value).has_value();
  }
}

// What ReadOverride knows.
constexpr http::HeaderIdSet kOverrides = {HeaderId::kXEnvoyUpstreamRqTimeoutMs,
                                          HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs,
                                          HeaderId::kXEnvoyUpstreamStreamDurationMs,
                                          HeaderId::kXEnvoyUpstreamRqTimeoutAltResponse,
                                          HeaderId::kXEnvoyHedgeOnPerTryTimeout,
                                          HeaderId::kXEnvoyRetryOn,
                                          HeaderId::kXEnvoyRetryGrpcOn,
                                          HeaderId::kXEnvoyMaxRetries,
                                          HeaderId::kXEnvoyRetriableStatusCodes,
                                          HeaderId::kXEnvoyRetriableHeaderNames,
                                          HeaderId::kXEnvoyIsTimeoutRetry,
                                          HeaderId::kXEnvoyUpstreamAltStatName};

// Reads the field, which is one of kOverrides.
void ReadOverride(const http::HeaderField& field, RequestOverrides& overrides) {
  switch (field.id) {
    case HeaderId::kXEnvoyUpstreamRqTimeoutMs:
      overrides.timeout = Milliseconds(field.value);
      return;
    case HeaderId::kXEnvoyUpstreamRqPerTryTimeoutMs:
      overrides.per_try_timeout = Milliseconds(field.value);
      return;
    case HeaderId::kXEnvoyUpstreamStreamDurationMs:
      overrides.max_duration = Milliseconds(field.value);
      return;
    case HeaderId::kXEnvoyUpstreamRqTimeoutAltResponse:
      overrides.alternative_response = true;
      return;
    case HeaderId::kXEnvoyHedgeOnPerTryTimeout:
      if (field.value == "true") overrides.hedge_on_per_try_timeout = true;
      if (field.value == "false") overrides.hedge_on_per_try_timeout = false;
      return;
    case HeaderId::kXEnvoyRetryOn:
    case HeaderId::kXEnvoyRetryGrpcOn:
      overrides.retry.on |= RetryBits(field.value);
      return;
    case HeaderId::kXEnvoyMaxRetries:
      if (const auto most = ParseUint64(field.value); most.has_value() && *most <= UINT32_MAX) {
        overrides.retry.most = static_cast<uint32_t>(*most);
      }
      return;
    case HeaderId::kXEnvoyRetriableStatusCodes:
      overrides.retry.status_codes = field.value;
      return;
    case HeaderId::kXEnvoyRetriableHeaderNames:
      overrides.retry.response_fields = field.value;
      return;
    case HeaderId::kXEnvoyIsTimeoutRetry:
      return;
    case HeaderId::kXEnvoyUpstreamAltStatName:
      overrides.alt_stat_name = field.value;
      return;
    default:
      return;
  }
}

}  // namespace

RequestOverrides TakeOverrides(http::RequestHead& head, bool respect_expected) {
  RequestOverrides overrides;
  if (head.headers.MayHave(kOverrides)) {
    for (const http::HeaderField& field : head.headers) ReadOverride(field, overrides);
    head.headers.RemoveIf([](const http::HeaderField& field) { return kOverrides.Has(field.id); });
  }
  const auto expected =
      respect_expected ? head.headers.Get(HeaderId::kXEnvoyExpectedRqTimeoutMs) : std::nullopt;
  if (expected.has_value()) overrides.timeout = Milliseconds(*expected);
  return overrides;
}

const http::HeaderField* UnreadableOverride(const http::RequestHead& head,
                                            std::span<const HeaderId> checked) {
  for (const HeaderId id : checked) {
    for (const http::HeaderField& field : head.headers) {
      if (field.id == id && !IsReadable(field)) return &field;
    }
  }
  return nullptr;
}

std::optional<milliseconds> GrpcTimeout(const http::RequestHead& head) {
  constexpr size_t kMostDigits = 8;
  const auto text = head.headers.Get(HeaderId::kGrpcTimeout);
  if (!text.has_value() || text->size() < 2 || text->size() > kMostDigits + 1) return std::nullopt;
  const std::optional<uint64_t> number = ParseUint64(text->substr(0, text->size() - 1));
  if (!number.has_value()) return std::nullopt;
  const auto count = static_cast<int64_t>(*number);
  switch (text->back()) {
    case 'H':
      return std::chrono::hours(count);
    case 'M':
      return std::chrono::minutes(count);
    case 'S':
      return std::chrono::seconds(count);
    case 'm':
      return milliseconds(count);
    case 'u':
      return std::chrono::ceil<milliseconds>(std::chrono::microseconds(count));
    case 'n':
      return std::chrono::ceil<milliseconds>(std::chrono::nanoseconds(count));
    default:
      return std::nullopt;
  }
}

bool BoundsGrpcTimeout(const config::RouteAction& action, const http::RequestHead& head) {
  return action.grpc_timeout.has_value() && !action.max_stream_duration.has_value() &&
         http::IsGrpcRequest(head.headers);
}

milliseconds TimeoutOf(const config::RouteAction& action, const http::RequestHead& head) {
  // A route with a longest duration of the stream has no other timeout, as in Envoy.
  if (action.max_stream_duration.has_value()) return milliseconds(0);
  if (!BoundsGrpcTimeout(action, head)) return action.timeout;
  const config::GrpcTimeoutLimit& limit = *action.grpc_timeout;
  milliseconds asked = GrpcTimeout(head).value_or(milliseconds(0));  // 0: no limit.
  if (limit.offset < asked) asked -= limit.offset;
  if (limit.max.count() == 0) return asked;
  return asked.count() == 0 ? limit.max : std::min(asked, limit.max);
}

std::string GrpcTimeoutText(milliseconds timeout) {
  constexpr int64_t kMost = 99'999'999;
  struct Unit {
    char name;
    int64_t milliseconds;
  };
  for (const Unit& unit : {Unit{'m', 1}, Unit{'S', 1000}, Unit{'M', 60'000}}) {
    const int64_t count = timeout.count() / unit.milliseconds;
    if (count <= kMost) return StrCat(count, std::string_view(&unit.name, 1));
  }
  return StrCat(std::min(timeout.count() / 3'600'000, kMost), "H");
}

std::optional<milliseconds> MaxStreamDurationOf(const config::RouteAction& action,
                                                const http::RequestHead& head) {
  if (!action.max_stream_duration.has_value()) return std::nullopt;
  const config::MaxStreamDuration& limits = *action.max_stream_duration;
  if (!limits.grpc_header_max.has_value()) return limits.limit;
  const std::optional<milliseconds> asked = GrpcTimeout(head);
  if (!asked.has_value()) return limits.limit;
  milliseconds granted = *asked;
  if (limits.grpc_header_max->count() > 0) granted = std::min(granted, *limits.grpc_header_max);
  // A call whose time is all offset ends at once; 0 would mean that it never does.
  return std::max(granted - limits.grpc_header_offset, milliseconds(1));
}

}  // namespace weir::proxy
