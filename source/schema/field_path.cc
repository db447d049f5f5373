#include "source/schema/field_path.h"

#include <charconv>

#include "source/base/strings.h"

namespace weir::schema {

std::string FieldPath::With(std::string_view field) const {
  return text_.empty() ? std::string(field) : StrCat(text_, ".", field);
}

FieldPath::Scope FieldPath::Field(std::string_view name) {
  const size_t length = text_.size();
  if (length > 0) text_ += '.';
  text_ += name;
  return Scope(*this, length);
}

FieldPath::Scope FieldPath::Index(size_t index) {
  const size_t length = text_.size();
  StrAppend(text_, "[", index, "]");
  return Scope(*this, length);
}

FieldPath::Scope FieldPath::Key(std::string_view key) {
  const size_t length = text_.size();
  text_ += "[\"";
  for (char c : key) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += "\"]";
  return Scope(*this, length);
}

std::optional<PathSteps::Step> PathSteps::Next() {
  if (rest_.empty()) return std::nullopt;
  if (rest_.front() == '[') return NextInBrackets();
  if (rest_.front() == '.') rest_.remove_prefix(1);
  const size_t length = std::min(rest_.find_first_of(".["), rest_.size());
  Step step;
  step.name = rest_.substr(0, length);
  rest_.remove_prefix(length);
  if (step.name.empty()) return std::nullopt;
  return step;
}

std::optional<PathSteps::Step> PathSteps::NextInBrackets() {
  Step step;
  if (rest_.size() > 1 && rest_[1] == '"') {
    step.is_key = true;
    size_t i = 2;
    for (; i < rest_.size() && rest_[i] != '"'; ++i) {
      if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
      step.name += rest_[i];
    }
    if (i + 1 >= rest_.size() || rest_[i + 1] != ']') return std::nullopt;
    rest_.remove_prefix(i + 2);
    return step;
  }
  const size_t end = rest_.find(']');
  if (end == std::string_view::npos) return std::nullopt;
  const auto index = ParseUint64(rest_.substr(1, end - 1));
  if (!index) return std::nullopt;
  step.index = static_cast<size_t>(*index);
  rest_.remove_prefix(end + 1);
  return step;
}

std::string LowerCamel(std::string_view name) {
  std::string out;
  bool upper = false;
  for (char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    upper = false;
  }
  return out;
}

bool IsTypedStructName(std::string_view message_name) {
  return message_name == "xds.type.v3.TypedStruct" || message_name == "udpa.type.v1.TypedStruct";
}

}  // namespace weir::schema
