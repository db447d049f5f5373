#include "source/config/proto/scope.h"

#include "source/base/status.h"

namespace weir::config::proto {

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

void Scope::Unsupported(std::string_view message_name, std::string_view field) const {
  Field(field).Error(StrCat("field `", field, "` of ", message_name, " is not supported"));
}

void Scope::Ignore(std::string_view message_name, std::string_view field,
                   std::string_view reason) const {
  context_->ignored.push_back({.kind = schema::Unsupported::Kind::kField,
                               .path = Field(field).path(),
                               .message = std::string(message_name),
                               .field = std::string(field),
                               .value = {},
                               .reason = std::string(reason)});
}

}  // namespace weir::config::proto
