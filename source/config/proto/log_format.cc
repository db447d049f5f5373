#include "source/config/proto/log_format.h"

#include <algorithm>

#include "envoy/extensions/formatter/req_without_query/v3/req_without_query.pb.h"
#include "source/base/status.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {

using format::JsonTemplate;
using google::protobuf::Struct;
using google::protobuf::Value;
using ReqWithoutQueryPb = envoy::extensions::formatter::req_without_query::v3::ReqWithoutQuery;

JsonTemplate::Object ToTemplate(const Struct& object);

JsonTemplate ToTemplate(const Value& value) {
  switch (value.kind_case()) {
    case Value::kNumberValue:
      return {value.number_value()};
    case Value::kStringValue:
      return {value.string_value()};
    case Value::kBoolValue:
      return {value.bool_value()};
    case Value::kStructValue:
      return {ToTemplate(value.struct_value())};
    case Value::kListValue: {
      JsonTemplate::Array items;
      for (const Value& item : value.list_value().values()) items.push_back(ToTemplate(item));
      return {std::move(items)};
    }
    case Value::kNullValue:
    case Value::KIND_NOT_SET:
      break;
  }
  return {};
}

JsonTemplate::Object ToTemplate(const Struct& object) {
  JsonTemplate::Object result;
  for (const auto& [key, value] : object.fields()) result.keys.push_back(key);
  std::sort(result.keys.begin(), result.keys.end());
  for (const std::string& key : result.keys) {
    result.values.push_back(ToTemplate(object.fields().at(key)));
  }
  return result;
}

}  // namespace

std::optional<format::Formatter> DecodeFormatter(std::string_view text, const Scope& scope) {
  absl::StatusOr<format::Formatter> formatter = format::Formatter::Create(text);
  if (formatter.ok()) return *std::move(formatter);
  scope.Error(formatter.status());
  return std::nullopt;
}

std::optional<format::LogFormat> DecodeTextFormat(std::string_view text, bool omit_empty,
                                                  const Scope& scope) {
  std::optional<format::Formatter> formatter = DecodeFormatter(text, scope);
  if (!formatter.has_value()) return std::nullopt;
  return format::LogFormat(*std::move(formatter), omit_empty);
}

std::optional<format::LogFormat> DecodeJsonFormat(const Struct& object, bool omit_empty,
                                                  const Scope& scope) {
  absl::StatusOr<format::JsonFormat> json =
      format::JsonFormat::Create(ToTemplate(object), omit_empty);
  if (json.ok()) return format::LogFormat(*std::move(json));
  scope.Error(json.status());
  return std::nullopt;
}

std::optional<format::LogFormat> DecodeLogFormat(
    const envoy::config::core::v3::SubstitutionFormatString& source, const Scope& scope) {
  using Pb = envoy::config::core::v3::SubstitutionFormatString;
  for (int i = 0; i < source.formatters_size(); ++i) {
    // Its operator is always there.
    Unpack<ReqWithoutQueryPb>(source.formatters(i).typed_config(),
                              scope.Item("formatters", i).Field("typed_config"));
  }
  const bool omit_empty = source.omit_empty_values();
  switch (source.format_case()) {
    case Pb::kTextFormat:
      return DecodeTextFormat(source.text_format(), omit_empty, scope.Field("text_format"));
    case Pb::kTextFormatSource:
      return DecodeTextFormat(
          DecodeDataSource(source.text_format_source(), scope.Field("text_format_source")),
          omit_empty, scope.Field("text_format_source"));
    case Pb::kJsonFormat:
      return DecodeJsonFormat(source.json_format(), omit_empty, scope.Field("json_format"));
    case Pb::FORMAT_NOT_SET:
      break;
  }
  scope.Error("a format is missing: text_format, json_format or text_format_source");
  return std::nullopt;
}

}  // namespace weir::config::proto
