#include "source/base/value.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "source/base/strings.h"

namespace weir {
namespace {

// Up to here every whole number is a double.
constexpr double kExact = 9007199254740992.0;

void AppendNumber(std::string& out, double number) {
  if (std::isnan(number)) {
    out += "\"NaN\"";
  } else if (std::isinf(number)) {
    out += number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else if (number == std::trunc(number) && std::abs(number) <= kExact) {
    StrAppend(out, static_cast<int64_t>(number));
  } else {
    StrAppend(out, number);
  }
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  AppendJsonEscaped(out, text);
  out += '"';
}

}  // namespace

Value Value::FromList(List list) {
  return Value(Data(std::make_shared<const List>(std::move(list))));
}

Value Value::FromFields(Fields fields) {
  std::map<std::string, Value> sorted;
  for (auto& [name, value] : fields) sorted.insert_or_assign(std::move(name), std::move(value));
  fields.clear();
  for (auto& [name, value] : sorted) fields.emplace_back(name, std::move(value));
  return Value(Data(std::make_shared<const Fields>(std::move(fields))));
}

const Value* Value::Find(std::string_view name) const {
  if (!is_struct()) return nullptr;
  const Fields& all = fields();
  const auto found = std::lower_bound(
      all.begin(), all.end(), name,
      [](const Field& field, std::string_view wanted) { return field.first < wanted; });
  return found != all.end() && found->first == name ? &found->second : nullptr;
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Value::Kind::kList:
      return &a.list() == &b.list() || a.list() == b.list();
    case Value::Kind::kStruct:
      return &a.fields() == &b.fields() || a.fields() == b.fields();
    default:
      return a.data_ == b.data_;
  }
}

Value WithField(const Value& of, std::string_view name, Value value) {
  Value::Fields fields;
  if (of.is_struct()) fields = of.fields();
  fields.emplace_back(name, std::move(value));
  return Value::FromFields(std::move(fields));
}

Value Merged(const Value& base, const Value& over) {
  if (base.kind() != over.kind()) return over;
  if (over.kind() == Value::Kind::kList) {
    Value::List list = base.list();
    list.insert(list.end(), over.list().begin(), over.list().end());
    return Value::FromList(std::move(list));
  }
  if (!over.is_struct()) return over;
  Value::Fields fields = base.fields();
  for (const auto& [name, value] : over.fields()) {
    const Value* const before = base.Find(name);
    fields.emplace_back(name, before == nullptr ? value : Merged(*before, value));
  }
  return Value::FromFields(std::move(fields));
}

void AppendJson(std::string& out, const Value& value) {
  bool first = true;
  const auto separate = [&] {
    if (!std::exchange(first, false)) out += ',';
  };
  switch (value.kind()) {
    case Value::Kind::kNull:
      out += "null";
      break;
    case Value::Kind::kBool:
      out += value.boolean() ? "true" : "false";
      break;
    case Value::Kind::kNumber:
      AppendNumber(out, value.number());
      break;
    case Value::Kind::kString:
      AppendQuoted(out, value.string());
      break;
    case Value::Kind::kList:
      out += '[';
      for (const Value& element : value.list()) {
        separate();
        AppendJson(out, element);
      }
      out += ']';
      break;
    case Value::Kind::kStruct:
      out += '{';
      for (const auto& [name, field] : value.fields()) {
        separate();
        AppendQuoted(out, name);
        out += ':';
        AppendJson(out, field);
      }
      out += '}';
      break;
  }
}

}  // namespace weir
