#include "source/config/proto/header_changes.h"

#include <algorithm>
#include <array>
#include <optional>

#include "source/base/status.h"
#include "source/config/proto/matchers.h"
#include "source/http/header_map.h"

namespace weir::config::proto {
namespace {
namespace core = envoy::config::core::v3;
namespace mutation_pb = envoy::config::common::mutation_rules::v3;

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

std::optional<format::HeaderAddition> DecodeAddition(const core::HeaderValueOption& option,
                                                     const Scope& scope) {
  const Scope header = scope.Field("header");
  std::string name = AsciiLower(option.header().key());
  if (!CheckName(name, header.Field("key"))) return std::nullopt;
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
    return std::nullopt;
  }
  const std::string* const literal = formatter->literal();
  if (literal != nullptr && !literal->empty() && !http::HeaderMap::IsValidValue(*literal)) {
    value.Error("is not a valid field value", text);
    return std::nullopt;
  }
  return format::HeaderAddition{.name = std::move(name),
                                .value = *std::move(formatter),
                                .action = ActionOf(option),
                                .keep_empty_value = option.keep_empty_value()};
}

// Nothing after an error, and for what has no action, which the field's rules report.
std::optional<HeaderMutation> DecodeMutation(const mutation_pb::HeaderMutation& message,
                                             const Scope& scope) {
  using Pb = mutation_pb::HeaderMutation;
  switch (message.action_case()) {
    case Pb::kAppend:
      return DecodeAddition(message.append(), scope.Field("append"));
    case Pb::kRemove: {
      std::string name = AsciiLower(message.remove());
      if (!CheckName(name, scope.Field("remove"))) return std::nullopt;
      return RemoveField{std::move(name)};
    }
    case Pb::kRemoveOnMatch: {
      auto names = DecodeStringMatcher(message.remove_on_match().key_matcher(),
                                       scope.Field("remove_on_match").Field("key_matcher"));
      if (!names.has_value()) return std::nullopt;
      return RemoveFields{*std::move(names)};
    }
    case Pb::ACTION_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

format::HeaderChanges DecodeHeaderChanges(
    const google::protobuf::RepeatedPtrField<core::HeaderValueOption>& add,
    const google::protobuf::RepeatedPtrField<std::string>& remove, const Scope& scope,
    std::string_view add_name, std::string_view remove_name) {
  format::HeaderChanges changes;
  for (int i = 0; i < add.size(); ++i) {
    auto addition = DecodeAddition(add[i], scope.Item(add_name, i));
    if (addition.has_value()) changes.add.push_back(*std::move(addition));
  }
  for (int i = 0; i < remove.size(); ++i) {
    std::string name = AsciiLower(remove[i]);
    if (CheckName(name, scope.Item(remove_name, i))) changes.remove.push_back(std::move(name));
  }
  return changes;
}

HeaderMutations DecodeHeaderMutations(
    const google::protobuf::RepeatedPtrField<mutation_pb::HeaderMutation>& mutations,
    const Scope& scope, std::string_view field) {
  HeaderMutations decoded;
  for (int i = 0; i < mutations.size(); ++i) {
    auto mutation = DecodeMutation(mutations[i], scope.Item(field, i));
    if (mutation.has_value()) decoded.in_order.push_back(*std::move(mutation));
  }
  return decoded;
}

}  // namespace weir::config::proto
