// Which requests and connections are meant (envoy.config.accesslog.v3.AccessLogFilter) as an
// immutable value: of access logs, and of the mappers that change local replies. filter decides by
// it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "source/config/extension.h"
#include "source/config/source.h"
#include "source/match/header_matcher.h"
#include "source/stream_info/response_flag.h"

namespace weir::config {

struct LogFilter;

// ComparisonFilter.
struct Comparison {
  enum class Op : uint8_t { kEqual, kAtLeast, kAtMost, kNotEqual } op = Op::kEqual;
  uint64_t value = 0;
  bool Holds(uint64_t of) const;
  friend bool operator==(const Comparison&, const Comparison&) = default;
};

struct StatusCodeFilter {
  Comparison comparison;  // Of the response code; 0 when there was none.
  friend bool operator==(const StatusCodeFilter&, const StatusCodeFilter&) = default;
};
struct DurationFilter {
  Comparison comparison;  // Of milliseconds.
  friend bool operator==(const DurationFilter&, const DurationFilter&) = default;
};
struct NotHealthCheckFilter {
  friend bool operator==(const NotHealthCheckFilter&, const NotHealthCheckFilter&) = default;
};
// RuntimeFilter.
struct SampleFilter {
  Fraction share;
  bool independent = false;  // Otherwise x-request-id decides, when it is a UUID.
  friend bool operator==(const SampleFilter&, const SampleFilter&) = default;
};
struct AllFilter {
  std::vector<LogFilter> filters;
  friend bool operator==(const AllFilter& a, const AllFilter& b);
};
struct AnyFilter {
  std::vector<LogFilter> filters;
  friend bool operator==(const AnyFilter& a, const AnyFilter& b);
};
struct HeaderFilter {
  match::HeaderMatcher matcher;  // Of the request.
  friend bool operator==(const HeaderFilter&, const HeaderFilter&) = default;
};
struct ResponseFlagFilter {
  bool any = true;  // No flags are named: every flag counts.
  stream_info::ResponseFlags flags;
  // By short name. A flag that this program never sets is taken, and never holds.
  void Add(std::string_view short_name);
  friend bool operator==(const ResponseFlagFilter&, const ResponseFlagFilter&) = default;
};
struct GrpcStatusFilter {
  uint32_t statuses = 0;  // A bit for each status, 0 to 16.
  bool exclude = false;
  friend bool operator==(const GrpcStatusFilter&, const GrpcStatusFilter&) = default;
};

// LogTypeFilter.
struct TypeFilter {
  uint32_t types = 0;  // A bit for each value of envoy.data.accesslog.v3.AccessLogType.
  bool exclude = false;
  friend bool operator==(const TypeFilter&, const TypeFilter&) = default;
};

struct LogFilter {
  std::variant<StatusCodeFilter, DurationFilter, NotHealthCheckFilter, SampleFilter, AllFilter,
               AnyFilter, HeaderFilter, ResponseFlagFilter, GrpcStatusFilter, TypeFilter>
      kind;
  friend bool operator==(const LogFilter&, const LogFilter&) = default;
};

// One access log of a list.
struct AccessLog {
  std::string name;
  std::shared_ptr<const ExtensionConfig> config;
  std::shared_ptr<const LogFilter> filter;  // Null: everything is logged.
  friend bool operator==(const AccessLog& a, const AccessLog& b);
};

}  // namespace weir::config
