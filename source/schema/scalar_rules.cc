#include "source/schema/scalar_rules.h"

#include <algorithm>
#include <utility>

#include "re2/re2.h"
#include "source/base/strings.h"
#include "source/schema/scalars.h"
#include "source/schema/wire_table.h"

namespace weir::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

size_t CharacterCount(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// RFC 9110, 5.6.2: token; with HTTP/2's leading colon.
bool IsHeaderName(std::string_view text, bool strict) {
  if (!strict) return text.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
  if (text.starts_with(':')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_|~`").find(c) != std::string_view::npos;
  });
}

bool IsHeaderValue(std::string_view text, bool strict) {
  if (!strict) return text.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

// What a wrapper wraps, or a duration; nothing for other messages.
std::optional<Scalar> ReadWrapped(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const auto known = type.well_known_type();
  if (known >= Descriptor::WELLKNOWNTYPE_DOUBLEVALUE &&
      known <= Descriptor::WELLKNOWNTYPE_BOOLVALUE) {
    return ReadScalar(message, *type.FindFieldByNumber(1), -1);
  }
  if (known != Descriptor::WELLKNOWNTYPE_DURATION) return std::nullopt;
  const int64_t seconds = message.GetReflection()->GetInt64(message, type.FindFieldByNumber(1));
  const int32_t nanos = message.GetReflection()->GetInt32(message, type.FindFieldByNumber(2));
  return Scalar{Scalar::Kind::kDuration,
                DurationToText(seconds, nanos),
                static_cast<long double>(seconds) * 1e9L + nanos,
                {}};
}

std::string Bound(const Rule& rule) {
  return std::string(rule.text.substr(rule.text.find('=') + 1));
}

}  // namespace

std::optional<Scalar> ReadScalar(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const auto get = [&](auto single, auto repeated) {
    return index >= 0 ? (reflection.*repeated)(message, &field, index)
                      : (reflection.*single)(message, &field);
  };
  const auto number = [](auto value, std::string text) {
    return Scalar{Scalar::Kind::kNumber, std::move(text), static_cast<long double>(value), {}};
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return Scalar{
          Scalar::Kind::kText, get(&Reflection::GetString, &Reflection::GetRepeatedString), 0, {}};
    case FieldDescriptor::CPPTYPE_BOOL: {
      const bool value = get(&Reflection::GetBool, &Reflection::GetRepeatedBool);
      return Scalar{Scalar::Kind::kBool, value ? "true" : "false", value ? 1.0L : 0.0L, {}};
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue);
      return Scalar{Scalar::Kind::kEnum, StrCat(value), static_cast<long double>(value),
                    field.enum_type()->full_name()};
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto value = get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32);
      return number(value, StrCat(value));
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto value = get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64);
      return number(value, StrCat(value));
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto value = get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32);
      return number(value, StrCat(value));
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      const auto value = get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64);
      return number(value, StrCat(value));
    }
    case FieldDescriptor::CPPTYPE_FLOAT: {
      const auto value = get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat);
      return number(value, DoubleToText(value));
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const auto value = get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble);
      return number(value, DoubleToText(value));
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  if (index < 0 && !reflection.HasField(message, &field)) return std::nullopt;
  return ReadWrapped(index >= 0 ? reflection.GetRepeatedMessage(message, &field, index)
                                : reflection.GetMessage(message, &field));
}

std::string Plural(uint64_t count, std::string_view noun) {
  return StrCat(count, " ", noun, count == 1 ? "" : "s");
}

std::string Broken(const Rule& rule, const FieldRules& field, const Scalar& value) {
  const std::string& text = value.text;
  switch (rule.check) {
    case Rule::Check::kMinLength:
      if (CharacterCount(text) >= rule.count) return {};
      return rule.count == 1 ? "must not be empty"
                             : StrCat("must have at least ", Plural(rule.count, "character"));
    case Rule::Check::kMaxLength:
      if (CharacterCount(text) <= rule.count) return {};
      return StrCat("must have at most ", Plural(rule.count, "character"));
    case Rule::Check::kMaxBytes:
      if (text.size() <= rule.count) return {};
      return StrCat("must have at most ", Plural(rule.count, "byte"));
    case Rule::Check::kPrefix:
      return text.starts_with(rule.operand) ? "" : StrCat("must start with \"", rule.operand, "\"");
    case Rule::Check::kSuffix:
      return text.ends_with(rule.operand) ? "" : StrCat("must end with \"", rule.operand, "\"");
    case Rule::Check::kPattern:
      return re2::RE2::PartialMatch(text, *rule.pattern) ? "" : StrCat("must match ", rule.operand);
    case Rule::Check::kOneOf: {
      const auto& choices = rule.choices;
      if (std::find(choices.begin(), choices.end(), text) != choices.end()) return {};
      return StrCat("must be one of ", Join(choices, ", "));
    }
    case Rule::Check::kHeaderName:
      return IsHeaderName(text, field.strict_header) ? "" : "must be the name of a header";
    case Rule::Check::kHeaderValue:
      return IsHeaderValue(text, field.strict_header) ? "" : "must be the value of a header";
    case Rule::Check::kConst:
      return (value.number != 0) == (rule.count != 0) ? "" : StrCat("must be ", rule.operand);
    case Rule::Check::kDefinedOnly: {
      // By the table: that our own enum lacks a value is another matter (supported.h).
      const auto it = WireEnums().find(value.enum_name);
      if (it == WireEnums().end()) return {};
      for (const auto& [name, number] : it->second.values) {
        if (static_cast<long double>(number) == value.number) return {};
      }
      return StrCat("must be a value of ", value.enum_name);
    }
    case Rule::Check::kNotIn: {
      const auto number = static_cast<int64_t>(value.number);
      if (std::find(rule.numbers.begin(), rule.numbers.end(), number) == rule.numbers.end())
        return {};
      return "is not allowed here";
    }
    case Rule::Check::kLess:
      return value.number < rule.number ? "" : StrCat("must be less than ", Bound(rule));
    case Rule::Check::kLessOrEqual:
      return value.number <= rule.number ? "" : StrCat("must be at most ", Bound(rule));
    case Rule::Check::kGreater:
      return value.number > rule.number ? "" : StrCat("must be greater than ", Bound(rule));
    case Rule::Check::kGreaterOrEqual:
      return value.number >= rule.number ? "" : StrCat("must be at least ", Bound(rule));
    default:
      return {};
  }
}

bool IsUpperBound(const Rule& rule) {
  return rule.check == Rule::Check::kLess || rule.check == Rule::Check::kLessOrEqual;
}

bool IsLowerBound(const Rule& rule) {
  return rule.check == Rule::Check::kGreater || rule.check == Rule::Check::kGreaterOrEqual;
}

bool IsOutsideRange(const FieldRules& field, const Scalar& value) {
  const Rule* upper = nullptr;
  const Rule* lower = nullptr;
  for (const Rule& rule : field.rules) {
    if (IsUpperBound(rule)) upper = &rule;
    if (IsLowerBound(rule)) lower = &rule;
  }
  if (upper == nullptr || lower == nullptr || upper->number >= lower->number) return false;
  return Broken(*upper, field, value).empty() || Broken(*lower, field, value).empty();
}

}  // namespace weir::schema
