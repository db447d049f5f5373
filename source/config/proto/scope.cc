#include "source/config/proto/scope.h"

#include "google/protobuf/message.h"
#include "source/base/check.h"
#include "source/base/status.h"

namespace weir::config::proto {
namespace {

bool IsSet(const google::protobuf::Message& message, std::string_view name) {
  const google::protobuf::FieldDescriptor* const field =
      message.GetDescriptor()->FindFieldByName(std::string(name));
  WEIR_CHECK(field != nullptr, "a decoder names a field that its message does not have");
  return field->is_repeated() ? message.GetReflection()->FieldSize(message, field) > 0
                              : message.GetReflection()->HasField(message, field);
}

}  // namespace

std::string Scope::path() const {
  if (parent_ == nullptr) return {};
  std::string text = parent_->path();
  if (!text.empty()) text += '.';
  text += name_;
  if (index_ >= 0) StrAppend(text, "[", index_, "]");
  if (!key_.empty()) StrAppend(text, "[\"", key_, "\"]");
  return text;
}

void Scope::Error(std::string_view message, std::string_view value) const {
  schema::Diagnostic diagnostic;
  diagnostic.path = path();
  diagnostic.message = std::string(message);
  if (!value.empty()) diagnostic.value = schema::ShownValue(std::string(value));
  context_->diagnostics.Add(std::move(diagnostic));
}

void Scope::Error(const absl::Status& status) const { Error(MessageOf(status)); }

void Scope::RefuseSet(const google::protobuf::Message& message,
                      std::initializer_list<std::string_view> fields) const {
  if (context_->allow_unknown_fields &&
      schema::MayBeMissing(message.GetDescriptor()->full_name())) {
    IgnoreSet(message, fields, "unknown fields are allowed");
    return;
  }
  for (const std::string_view field : fields) {
    if (!IsSet(message, field)) continue;
    Field(field).Error(StrCat("field \"", field, "\" of ", message.GetDescriptor()->full_name(),
                              " is not supported"));
  }
}

void Scope::IgnoreSet(const google::protobuf::Message& message,
                      std::initializer_list<std::string_view> fields,
                      std::string_view reason) const {
  for (const std::string_view field : fields) {
    if (!IsSet(message, field)) continue;
    context_->ignored.push_back({.kind = schema::Unsupported::Kind::kField,
                                 .path = Field(field).path(),
                                 .message = message.GetDescriptor()->full_name(),
                                 .field = std::string(field),
                                 .value = {},
                                 .reason = std::string(reason)});
  }
}

}  // namespace weir::config::proto
