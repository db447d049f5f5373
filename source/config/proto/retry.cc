#include <algorithm>

#include "envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.pb.h"
#include "envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.pb.h"
#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/route.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::route::v3;

uint32_t DecodeRetryOn(std::string_view text, const Scope& scope) {
  uint32_t bits = 0;
  for (std::string_view word : Split(text, ',')) {
    word = TrimOws(word);
    if (word.empty()) continue;
    const uint32_t bit = RetryBit(word);
    bits |= bit;
    if (bit != 0) continue;
    std::vector<std::string> names;
    for (const RetryCondition& condition : RetryConditions()) names.emplace_back(condition.name);
    const std::optional<std::string> nearest = Nearest(word, names);
    scope.Error(StrCat("the retry condition is not supported",
                       nearest.has_value() ? StrCat("; did you mean '", *nearest, "'?") : ""),
                word);
  }
  return bits;
}

std::vector<uint16_t> DecodeStatusCodes(const google::protobuf::RepeatedField<uint32_t>& codes,
                                        const Scope& scope, std::string_view field) {
  std::vector<uint16_t> decoded;
  for (int i = 0; i < codes.size(); ++i) {
    const uint32_t code = codes.Get(i);
    if (code < 100 || code > 599) {
      scope.Item(field, i).Error("must be from 100 to 599", StrCat(code));
    } else {
      decoded.push_back(static_cast<uint16_t>(code));
    }
  }
  std::sort(decoded.begin(), decoded.end());
  return decoded;
}

void DecodeRateLimitedBackOff(const pb::RetryPolicy::RateLimitedRetryBackOff& message,
                              const Scope& scope, RetryPolicy& policy) {
  for (int i = 0; i < message.reset_headers_size(); ++i) {
    const pb::RetryPolicy::ResetHeader& header = message.reset_headers(i);
    const Scope item = scope.Item("reset_headers", i);
    policy.reset_headers.push_back(
        {.field = DecodeFieldName(header.name(), item.Field("name")),
         .unix_timestamp = header.format() == pb::RetryPolicy::UNIX_TIMESTAMP});
  }
  if (policy.reset_headers.empty()) scope.Field("reset_headers").Error("a header is missing");
  if (message.has_max_interval()) {
    policy.reset_max = DecodeDuration(message.max_interval(), scope.Field("max_interval"));
  }
}

void DecodeHostSelection(const pb::RetryPolicy& message, const Scope& scope, RetryPolicy& policy) {
  using PreviousPriorities =
      envoy::extensions::retry::priority::previous_priorities::v3::PreviousPrioritiesConfig;
  using PreviousHosts = envoy::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate;
  for (int i = 0; i < message.retry_host_predicate_size(); ++i) {
    const Scope item = scope.Item("retry_host_predicate", i);
    const Scope config = item.Field("typed_config");
    if (Unpack<PreviousHosts>(message.retry_host_predicate(i).typed_config(), config) != nullptr) {
      policy.avoid_previous_hosts = true;
    }
  }
  const int64_t attempts = message.host_selection_retry_max_attempts();
  if (message.has_retry_priority()) {
    // There is one priority, whatever the extension wants of it.
    Unpack<PreviousPriorities>(message.retry_priority().typed_config(),
                               scope.Field("retry_priority").Field("typed_config"));
  }
  if (attempts < 0 || attempts > 1000) {
    scope.Field("host_selection_retry_max_attempts")
        .Error("must be from 0 to 1000 (0 is the default, 1)", StrCat(attempts));
  } else if (attempts > 0) {
    policy.host_attempts = static_cast<uint32_t>(attempts);
  }
}

}  // namespace

RetryPolicy DecodeRetryPolicy(const pb::RetryPolicy& message, const Scope& scope) {
  RetryPolicy policy;
  policy.retry_on = DecodeRetryOn(message.retry_on(), scope.Field("retry_on"));
  if (message.has_num_retries()) policy.num_retries = message.num_retries().value();
  policy.per_try_timeout =
      DecodeDuration(message.per_try_timeout(), scope.Field("per_try_timeout"));
  policy.per_try_idle_timeout =
      DecodeDuration(message.per_try_idle_timeout(), scope.Field("per_try_idle_timeout"));
  policy.retriable_status_codes =
      DecodeStatusCodes(message.retriable_status_codes(), scope, "retriable_status_codes");
  policy.retriable_headers =
      DecodeHeaderMatchers(message.retriable_headers(), scope, "retriable_headers");
  policy.retriable_request_headers =
      DecodeHeaderMatchers(message.retriable_request_headers(), scope, "retriable_request_headers");
  DecodeHostSelection(message, scope, policy);
  policy.refresh_cluster = message.refresh_cluster_on_retry();
  if (message.has_retry_back_off()) {
    const BackOffIntervals intervals =
        DecodeBackOff(message.retry_back_off(), scope.Field("retry_back_off"));
    policy.back_off_base = intervals.base;
    policy.back_off_max = intervals.max;
  }
  if (message.has_rate_limited_retry_back_off()) {
    DecodeRateLimitedBackOff(message.rate_limited_retry_back_off(),
                             scope.Field("rate_limited_retry_back_off"), policy);
  }
  return policy;
}

}  // namespace weir::config::proto
