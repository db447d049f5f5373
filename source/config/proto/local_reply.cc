#include "source/config/proto/local_reply.h"

#include <utility>

#include "source/config/proto/access_log.h"
#include "source/config/proto/header_changes.h"
#include "source/config/proto/log_format.h"
#include "source/config/proto/values.h"
#include "source/http/header_map.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::extensions::filters::network::http_connection_manager::v3;

std::optional<BodyFormat> DecodeBodyFormat(
    const envoy::config::core::v3::SubstitutionFormatString& message, const Scope& scope) {
  std::optional<format::LogFormat> text = DecodeLogFormat(message, scope);
  if (!text.has_value()) return std::nullopt;
  std::string type = message.content_type();
  if (type.empty()) type = message.has_json_format() ? "application/json" : "text/plain";
  if (!http::HeaderMap::IsValidValue(type)) {
    scope.Field("content_type").Error("is not a valid field value", type);
    return std::nullopt;
  }
  return BodyFormat{*std::move(text), std::move(type)};
}

std::optional<ReplyMapper> DecodeMapper(const pb::ResponseMapper& message, const Scope& scope) {
  std::optional<LogFilter> filter = DecodeLogFilter(message.filter(), scope.Field("filter"));
  if (!filter.has_value()) return std::nullopt;
  ReplyMapper mapper{.filter = *std::move(filter)};
  if (message.has_status_code()) {
    mapper.status = static_cast<uint16_t>(message.status_code().value());
  }
  if (message.has_body()) mapper.body = DecodeDataSource(message.body(), scope.Field("body"));
  if (message.has_body_format_override()) {
    mapper.body_format =
        DecodeBodyFormat(message.body_format_override(), scope.Field("body_format_override"));
  }
  mapper.headers = DecodeHeaderChanges(message.headers_to_add(), {}, scope, "headers_to_add", "");
  return mapper;
}

}  // namespace

LocalReplies DecodeLocalReplies(const pb::LocalReplyConfig& message, const Scope& scope) {
  LocalReplies decoded;
  for (int i = 0; i < message.mappers_size(); ++i) {
    auto mapper = DecodeMapper(message.mappers(i), scope.Item("mappers", i));
    if (mapper.has_value()) decoded.mappers.push_back(*std::move(mapper));
  }
  if (message.has_body_format()) {
    decoded.body_format = DecodeBodyFormat(message.body_format(), scope.Field("body_format"));
  }
  return decoded;
}

}  // namespace weir::config::proto
