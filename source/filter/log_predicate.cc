#include "source/filter/log_predicate.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

#include "source/http/grpc_status.h"

namespace weir::filter {
namespace {

using format::FormatContext;
using http::HeaderId;

// The first eight digits of a UUID as a number: what proxies on the way of a request agree on.
std::optional<uint64_t> NumberOf(std::string_view request_id) {
  constexpr size_t kUuidSize = 36, kDigits = 8;
  if (request_id.size() != kUuidSize || request_id[kDigits] != '-') return std::nullopt;
  uint64_t number = 0;
  const char* const end = request_id.data() + kDigits;
  const auto read = std::from_chars(request_id.data(), end, number, 16);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

uint64_t SampleOf(const config::SampleFilter& filter, const FormatContext& context) {
  if (!filter.independent && context.request != nullptr) {
    const auto id = context.request->headers.Get(HeaderId::kXRequestId);
    const auto number = id.has_value() ? NumberOf(*id) : std::nullopt;
    if (number.has_value()) return *number;
  }
  return context.info.sample;
}

std::optional<uint32_t> GrpcStatusIn(const http::HeaderMap* fields) {
  if (fields == nullptr) return std::nullopt;
  const auto text = fields->Get(HeaderId::kGrpcStatus);
  if (!text.has_value()) return std::nullopt;
  uint32_t status = 0;
  const char* const end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, status);
  if (read.ec != std::errc() || read.ptr != end || status > 16) return 2;  // unknown
  return status;
}

uint32_t GrpcStatusOf(const FormatContext& context) {
  if (const auto status = GrpcStatusIn(context.response_trailers)) return *status;
  const http::HeaderMap* const headers =
      context.response == nullptr ? nullptr : &context.response->headers;
  if (const auto status = GrpcStatusIn(headers)) return *status;
  return http::GrpcStatusOf(context.info.response_code);
}

uint64_t MillisecondsOf(const FormatContext& context) {
  const bool ended = context.info.end != event::MonotonicTime{};
  const event::MonotonicTime end = ended ? context.info.end : context.now;
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(end - context.info.start).count());
}

struct Visitor {
  const FormatContext& context;

  bool operator()(const config::StatusCodeFilter& filter) const {
    return filter.comparison.Holds(context.info.response_code);
  }
  bool operator()(const config::DurationFilter& filter) const {
    return filter.comparison.Holds(MillisecondsOf(context));
  }
  // No filter of this program answers health checks.
  bool operator()(const config::NotHealthCheckFilter&) const { return true; }
  bool operator()(const config::SampleFilter& filter) const {
    return filter.share.Contains(SampleOf(filter, context));
  }
  bool operator()(const config::AllFilter& filter) const {
    return std::all_of(filter.filters.begin(), filter.filters.end(),
                       [this](const auto& each) { return Holds(each, context); });
  }
  bool operator()(const config::AnyFilter& filter) const {
    return std::any_of(filter.filters.begin(), filter.filters.end(),
                       [this](const auto& each) { return Holds(each, context); });
  }
  bool operator()(const config::HeaderFilter& filter) const {
    return context.request != nullptr && filter.matcher.Matches(*context.request);
  }
  bool operator()(const config::ResponseFlagFilter& filter) const {
    return filter.any ? !context.info.flags.empty() : context.info.flags.Intersects(filter.flags);
  }
  bool operator()(const config::GrpcStatusFilter& filter) const {
    const bool listed = (filter.statuses >> GrpcStatusOf(context) & 1) != 0;
    return listed != filter.exclude;
  }
  bool operator()(const config::TypeFilter& filter) const {
    const bool listed = (filter.types >> static_cast<uint32_t>(context.log_type) & 1) != 0;
    return listed != filter.exclude;
  }
};

}  // namespace

bool Holds(const config::LogFilter& filter, const FormatContext& context) {
  return std::visit(Visitor{context}, filter.kind);
}

}  // namespace weir::filter
