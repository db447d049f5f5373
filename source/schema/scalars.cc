#include "source/schema/scalars.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "source/base/strings.h"

namespace weir::schema {
namespace {

constexpr int64_t kMaxDurationSeconds = 315'576'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "yes", "Yes" and "YES", but not "yEs".
bool IsWord(std::string_view text, std::string_view word) {
  if (text.size() != word.size() || !EqualsIgnoreCase(text, word)) return false;
  const std::string_view rest = text.substr(1);
  if (text.front() == word.front()) return rest == word.substr(1);
  for (char c : rest) {
    if (c >= 'a' && c <= 'z') return rest == word.substr(1);
  }
  return true;
}

template <typename Integer>
std::optional<Integer> FromDigits(std::string_view text, int base) {
  Integer value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename Integer>
std::optional<Integer> ParseInteger(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  if (digits.empty() || !IsDigit(digits.front())) return std::nullopt;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    return negative ? std::nullopt : FromDigits<Integer>(digits.substr(2), 16);
  }
  if (digits.size() > 1 && digits[0] == '0' && IsDigit(digits[1])) return std::nullopt;
  if (digits.find_first_of(".eE") == std::string_view::npos) return FromDigits<Integer>(text, 10);
  // 1e3 and 2.0 are whole numbers, too. Doubles are exact up to 2^53.
  const auto value = ParseDouble(text);
  if (!value || std::trunc(*value) != *value || std::abs(*value) > 9007199254740992.0) {
    return std::nullopt;
  }
  if (*value < 0 && !std::numeric_limits<Integer>::is_signed) return std::nullopt;
  return static_cast<Integer>(*value);
}

}  // namespace

std::optional<bool> ParseBool(std::string_view text) {
  for (std::string_view word : {"true", "yes", "on", "y"}) {
    if (IsWord(text, word)) return true;
  }
  for (std::string_view word : {"false", "no", "off", "n"}) {
    if (IsWord(text, word)) return false;
  }
  return std::nullopt;
}

std::optional<int64_t> ParseInt64(std::string_view text) { return ParseInteger<int64_t>(text); }
std::optional<uint64_t> ParseUnsigned(std::string_view text) {
  return ParseInteger<uint64_t>(text);
}

std::optional<double> ParseDouble(std::string_view text) {
  if (text == "NaN" || text == ".nan" || text == ".NaN" || text == ".NAN") {
    return std::numeric_limits<double>::quiet_NaN();
  }
  for (std::string_view infinity : {"Infinity", ".inf", ".Inf", ".INF"}) {
    if (text == infinity || (text.starts_with('+') && text.substr(1) == infinity)) {
      return std::numeric_limits<double>::infinity();
    }
    if (text.starts_with('-') && text.substr(1) == infinity) {
      return -std::numeric_limits<double>::infinity();
    }
  }
  if (text.starts_with('+')) text.remove_prefix(1);
  // from_chars would take "inf" and "nan" as well.
  const size_t first = text.starts_with('-') ? 1 : 0;
  if (first >= text.size() || (!IsDigit(text[first]) && text[first] != '.')) return std::nullopt;
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<google::protobuf::Duration> ParseDuration(std::string_view text) {
  if (!text.ends_with('s')) return std::nullopt;
  text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const size_t point = std::min(text.find('.'), text.size());
  const auto seconds = ParseUint64(text.substr(0, point));
  if (!seconds || *seconds > static_cast<uint64_t>(kMaxDurationSeconds)) return std::nullopt;
  int32_t nanos = 0;
  if (point < text.size()) {
    std::string fraction(text.substr(point + 1));
    if (fraction.empty() || fraction.size() > 9) return std::nullopt;
    fraction.resize(9, '0');
    const auto parsed = ParseUint64(fraction);
    if (!parsed) return std::nullopt;
    nanos = static_cast<int32_t>(*parsed);
  }
  google::protobuf::Duration duration;
  const int64_t sign = negative ? -1 : 1;
  duration.set_seconds(sign * static_cast<int64_t>(*seconds));
  duration.set_nanos(static_cast<int32_t>(sign) * nanos);
  return duration;
}

std::string DurationHint(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  // Longer names first.
  constexpr Unit kUnits[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1},
                             {"m", 60},    {"h", 3600},  {"d", 86400}};
  double total = 0;
  if (text.empty()) return {};
  while (!text.empty()) {
    size_t length = 0;
    while (length < text.size() && (IsDigit(text[length]) || text[length] == '.')) ++length;
    const auto number = ParseDouble(text.substr(0, length));
    if (!number) return {};
    text.remove_prefix(length);
    double factor = text.empty() ? 1 : 0;
    for (const Unit& unit : kUnits) {
      if (!text.starts_with(unit.name)) continue;
      factor = unit.seconds;
      text.remove_prefix(unit.name.size());
      break;
    }
    if (factor == 0) return {};
    total += *number * factor;
  }
  if (total > 1e9) return {};
  const auto nanos = static_cast<int64_t>(std::llround(total * 1e9));
  return DurationToText(nanos / 1'000'000'000, static_cast<int32_t>(nanos % 1'000'000'000));
}

std::string DurationToText(int64_t seconds, int32_t nanos, bool in_threes) {
  std::string out;
  if (seconds < 0 || nanos < 0) out = "-";
  const uint64_t whole =
      seconds < 0 ? 0 - static_cast<uint64_t>(seconds) : static_cast<uint64_t>(seconds);
  StrAppend(out, whole);
  if (nanos != 0) {
    std::string fraction = std::to_string(std::abs(static_cast<int64_t>(nanos)));
    if (fraction.size() < 9) fraction.insert(0, 9 - fraction.size(), '0');
    while (fraction.ends_with('0')) fraction.pop_back();
    while (in_threes && fraction.size() % 3 != 0) fraction += '0';
    StrAppend(out, ".", fraction);
  }
  return out + "s";
}

std::string DoubleToText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (std::trunc(value) == value && std::abs(value) < 1e15) {
    return StrCat(static_cast<int64_t>(value));
  }
  char text[64];
  const auto end = std::to_chars(text, text + sizeof(text), value).ptr;
  return std::string(text, end);
}

google::protobuf::Value NodeToValue(const Node& node) {
  google::protobuf::Value value;
  switch (node.kind) {
    case Node::Kind::kNull:
      value.set_null_value(google::protobuf::NULL_VALUE);
      break;
    case Node::Kind::kScalar: {
      if (!node.quoted) {
        if (const auto boolean = ParseBool(node.text)) {
          value.set_bool_value(*boolean);
          break;
        }
        // An integer that a double cannot hold keeps its digits as text.
        const auto number = ParseDouble(node.text);
        const bool octal_like =
            node.text.size() > 1 && node.text[0] == '0' && IsDigit(node.text[1]);
        if (number && !octal_like && std::isfinite(*number) &&
            (std::abs(*number) <= 9007199254740992.0 ||
             node.text.find_first_of(".eE") != std::string::npos)) {
          value.set_number_value(*number);
          break;
        }
        if (const auto hex = ParseUnsigned(node.text); hex && *hex <= 9007199254740992U) {
          value.set_number_value(static_cast<double>(*hex));
          break;
        }
      }
      value.set_string_value(node.text);
      break;
    }
    case Node::Kind::kSequence: {
      auto* list = value.mutable_list_value();
      for (const Node* item : node.items) *list->add_values() = NodeToValue(*item);
      break;
    }
    case Node::Kind::kMapping: {
      auto* fields = value.mutable_struct_value()->mutable_fields();
      for (const Node::Entry& entry : node.entries) {
        (*fields)[entry.key] = NodeToValue(*entry.value);
      }
      break;
    }
  }
  return value;
}

const Node& ValueToNode(const google::protobuf::Value& value, Document& document) {
  Node& node = document.NewNode();
  switch (value.kind_case()) {
    case google::protobuf::Value::kNullValue:
    case google::protobuf::Value::KIND_NOT_SET:
      break;
    case google::protobuf::Value::kBoolValue:
      node.kind = Node::Kind::kScalar;
      node.text = value.bool_value() ? "true" : "false";
      break;
    case google::protobuf::Value::kNumberValue:
      node.kind = Node::Kind::kScalar;
      node.text = DoubleToText(value.number_value());
      break;
    case google::protobuf::Value::kStringValue:
      node.kind = Node::Kind::kScalar;
      node.quoted = true;
      node.text = value.string_value();
      break;
    case google::protobuf::Value::kListValue:
      node.kind = Node::Kind::kSequence;
      for (const auto& item : value.list_value().values()) {
        node.items.push_back(&ValueToNode(item, document));
      }
      break;
    case google::protobuf::Value::kStructValue:
      node.kind = Node::Kind::kMapping;
      for (const auto& [key, member] : value.struct_value().fields()) {
        node.entries.push_back({key, {}, &ValueToNode(member, document)});
      }
      break;
  }
  return node;
}

}  // namespace weir::schema
