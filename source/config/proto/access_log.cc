#include "source/config/proto/access_log.h"

#include <utility>

#include "source/config/proto/extensions.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/values.h"
#include "source/config/runtime.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::accesslog::v3;

Comparison DecodeComparison(const pb::ComparisonFilter& comparison, const Scope& scope) {
  const Runtime* const runtime = scope.context().runtime;
  const auto value =
      runtime == nullptr ? std::nullopt : runtime->IntegerOf(comparison.value().runtime_key());
  Comparison decoded;
  decoded.value = value.value_or(comparison.value().default_value());
  switch (comparison.op()) {
    case pb::ComparisonFilter::GE:
      decoded.op = Comparison::Op::kAtLeast;
      break;
    case pb::ComparisonFilter::LE:
      decoded.op = Comparison::Op::kAtMost;
      break;
    case pb::ComparisonFilter::NE:
      decoded.op = Comparison::Op::kNotEqual;
      break;
    default:
      decoded.op = Comparison::Op::kEqual;
  }
  return decoded;
}

SampleFilter DecodeSample(const pb::RuntimeFilter& filter, const Scope& scope) {
  const Runtime* const runtime = scope.context().runtime;
  const auto share = runtime == nullptr ? std::nullopt : runtime->FractionOf(filter.runtime_key());
  return {.share = share.value_or(DecodePercent(filter.percent_sampled())),
          .independent = filter.use_independent_randomness()};
}

// Of AndFilter and OrFilter.
template <typename Filters>
bool DecodeEach(const Filters& filters, const Scope& scope, std::vector<LogFilter>& decoded) {
  for (int i = 0; i < filters.size(); ++i) {
    std::optional<LogFilter> filter = DecodeLogFilter(filters[i], scope.Item("filters", i));
    if (!filter.has_value()) return false;
    decoded.push_back(*std::move(filter));
  }
  return true;
}

ResponseFlagFilter DecodeFlags(const pb::ResponseFlagFilter& filter) {
  ResponseFlagFilter decoded;
  for (const std::string& flag : filter.flags()) decoded.Add(flag);
  return decoded;
}

GrpcStatusFilter DecodeStatuses(const pb::GrpcStatusFilter& filter) {
  GrpcStatusFilter decoded;
  for (const int status : filter.statuses()) decoded.statuses |= 1u << status;
  decoded.exclude = filter.exclude();
  return decoded;
}

TypeFilter DecodeTypes(const pb::LogTypeFilter& filter) {
  TypeFilter decoded;
  for (const int type : filter.types()) decoded.types |= 1u << type;
  decoded.exclude = filter.exclude();
  return decoded;
}

}  // namespace

std::optional<LogFilter> DecodeLogFilter(const pb::AccessLogFilter& filter, const Scope& scope) {
  using Pb = pb::AccessLogFilter;
  switch (filter.filter_specifier_case()) {
    case Pb::kStatusCodeFilter:
      return LogFilter{StatusCodeFilter{
          DecodeComparison(filter.status_code_filter().comparison(),
                           scope.Field("status_code_filter").Field("comparison"))}};
    case Pb::kDurationFilter:
      return LogFilter{
          DurationFilter{DecodeComparison(filter.duration_filter().comparison(),
                                          scope.Field("duration_filter").Field("comparison"))}};
    case Pb::kNotHealthCheckFilter:
      return LogFilter{NotHealthCheckFilter{}};
    case Pb::kRuntimeFilter:
      return LogFilter{DecodeSample(filter.runtime_filter(), scope.Field("runtime_filter"))};
    case Pb::kAndFilter: {
      AllFilter all;
      if (!DecodeEach(filter.and_filter().filters(), scope.Field("and_filter"), all.filters)) break;
      return LogFilter{std::move(all)};
    }
    case Pb::kOrFilter: {
      AnyFilter any;
      if (!DecodeEach(filter.or_filter().filters(), scope.Field("or_filter"), any.filters)) break;
      return LogFilter{std::move(any)};
    }
    case Pb::kHeaderFilter: {
      auto matcher = DecodeHeaderMatcher(filter.header_filter().header(),
                                         scope.Field("header_filter").Field("header"));
      if (!matcher.has_value()) break;
      return LogFilter{HeaderFilter{*std::move(matcher)}};
    }
    case Pb::kResponseFlagFilter:
      return LogFilter{DecodeFlags(filter.response_flag_filter())};
    case Pb::kGrpcStatusFilter:
      return LogFilter{DecodeStatuses(filter.grpc_status_filter())};
    case Pb::kLogTypeFilter:
      return LogFilter{DecodeTypes(filter.log_type_filter())};
    case Pb::FILTER_SPECIFIER_NOT_SET:
      // One that is not supported, or none: both are reported by the check before.
      break;
  }
  return std::nullopt;
}

std::vector<AccessLog> DecodeAccessLogs(
    const google::protobuf::RepeatedPtrField<pb::AccessLog>& logs, const Scope& scope,
    std::string_view field) {
  std::vector<AccessLog> decoded;
  for (int i = 0; i < logs.size(); ++i) {
    const Scope item = scope.Item(field, i);
    AccessLog log{.name = logs[i].name()};
    log.config = DecodeExtension(logs[i].typed_config(), ExtensionDecoders::Category::kAccessLog,
                                 item.Field("typed_config"));
    if (logs[i].has_filter()) {
      std::optional<LogFilter> filter = DecodeLogFilter(logs[i].filter(), item.Field("filter"));
      if (filter.has_value()) log.filter = std::make_shared<const LogFilter>(*std::move(filter));
    }
    if (log.config != nullptr) decoded.push_back(std::move(log));
  }
  return decoded;
}

}  // namespace weir::config::proto
