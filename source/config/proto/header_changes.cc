#include "source/config/proto/header_changes.h"

#include <algorithm>
#include <array>

#include "source/base/status.h"
#include "source/http/header_map.h"

namespace weir::config::proto {
namespace {
namespace core = envoy::config::core::v3;

// What a message's head says outside of its fields: the codec writes these itself.
constexpr std::array<std::string_view, 9> kNotFields = {
    "host", "content-length",   "transfer-encoding", "connection", "keep-alive", "upgrade",
    "te",   "proxy-connection", "http2-settings",
};

// False, with an error, for a name that a configuration may not change.
bool CheckName(const std::string& lower, const Scope& scope) {
  if (lower.starts_with(':') ||
      std::find(kNotFields.begin(), kNotFields.end(), lower) != kNotFields.end()) {
    scope.Error(
        "pseudo-header fields, host and fields about the message's framing cannot be changed",
        lower);
    return false;
  }
  if (!http::HeaderMap::IsValidName(lower)) {
    scope.Error("is not a valid field name", lower);
    return false;
  }
  return true;
}

format::AppendAction ActionOf(const core::HeaderValueOption& option) {
  if (option.has_append() && !option.append().value()) {
    return format::AppendAction::kOverwriteIfExistsOrAdd;
  }
  switch (option.append_action()) {
    case core::HeaderValueOption::ADD_IF_ABSENT:
      return format::AppendAction::kAddIfAbsent;
    case core::HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD:
      return format::AppendAction::kOverwriteIfExistsOrAdd;
    case core::HeaderValueOption::OVERWRITE_IF_EXISTS:
      return format::AppendAction::kOverwriteIfExists;
    default:
      return format::AppendAction::kAppendIfExistsOrAdd;
  }
}

void DecodeAddition(const core::HeaderValueOption& option, const Scope& scope,
                    format::HeaderChanges& changes) {
  const Scope header = scope.Field("header");
  std::string name = AsciiLower(option.header().key());
  if (!CheckName(name, header.Field("key"))) return;
  if (option.has_append() &&
      option.append_action() != core::HeaderValueOption::APPEND_IF_EXISTS_OR_ADD) {
    scope.Field("append").Error("cannot be given together with append_action");
  }
  const bool raw = option.header().value().empty() && !option.header().raw_value().empty();
  const std::string& text = raw ? option.header().raw_value() : option.header().value();
  const Scope value = header.Field(raw ? "raw_value" : "value");
  absl::StatusOr<format::Formatter> formatter = format::Formatter::Create(text);
  if (!formatter.ok()) {
    value.Error(formatter.status());
    return;
  }
  const std::string* const literal = formatter->literal();
  if (literal != nullptr && !literal->empty() && !http::HeaderMap::IsValidValue(*literal)) {
    value.Error("is not a valid field value", text);
    return;
  }
  changes.add.push_back({.name = std::move(name),
                         .value = *std::move(formatter),
                         .action = ActionOf(option),
                         .keep_empty_value = option.keep_empty_value()});
}

}  // namespace

format::HeaderChanges DecodeHeaderChanges(
    const google::protobuf::RepeatedPtrField<core::HeaderValueOption>& add,
    const google::protobuf::RepeatedPtrField<std::string>& remove, const Scope& scope,
    std::string_view add_name, std::string_view remove_name) {
  format::HeaderChanges changes;
  for (int i = 0; i < add.size(); ++i) DecodeAddition(add[i], scope.Item(add_name, i), changes);
  for (int i = 0; i < remove.size(); ++i) {
    std::string name = AsciiLower(remove[i]);
    if (CheckName(name, scope.Item(remove_name, i))) changes.remove.push_back(std::move(name));
  }
  return changes;
}

}  // namespace weir::config::proto
