#include "source/schema/field_rules.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "google/protobuf/unknown_field_set.h"
#include "re2/re2.h"
#include "source/base/strings.h"
#include "source/schema/any_content.h"
#include "source/schema/field_path.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/rule_table.h"
#include "source/schema/scalars.h"

namespace weir::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// One value that a rule can be about: a scalar, what a wrapper wraps, or a duration.
struct Scalar {
  enum class Kind { kText, kNumber, kBool, kEnum, kDuration };

  Kind kind = Kind::kNumber;
  std::string text;        // kText; for others as shown
  long double number = 0;  // nanoseconds for durations
  std::string_view enum_name;

  bool empty() const { return kind == Kind::kText ? text.empty() : number == 0; }
};

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

// Field `field` of `message`, or its item `index`.
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
      return Scalar{Scalar::Kind::kText, get(&Reflection::GetString, &Reflection::GetRepeatedString), 0, {}};
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
  const Message& inner = index >= 0 ? reflection.GetRepeatedMessage(message, &field, index)
                                    : reflection.GetMessage(message, &field);
  const Descriptor& type = *inner.GetDescriptor();
  const auto known = type.well_known_type();
  if (known >= Descriptor::WELLKNOWNTYPE_DOUBLEVALUE && known <= Descriptor::WELLKNOWNTYPE_BOOLVALUE) {
    return ReadScalar(inner, *type.FindFieldByNumber(1), -1);
  }
  if (known == Descriptor::WELLKNOWNTYPE_DURATION) {
    const int64_t seconds = inner.GetReflection()->GetInt64(inner, type.FindFieldByNumber(1));
    const int32_t nanos = inner.GetReflection()->GetInt32(inner, type.FindFieldByNumber(2));
    return Scalar{Scalar::Kind::kDuration, DurationToText(seconds, nanos),
                  static_cast<long double>(seconds) * 1e9L + nanos, {}};
  }
  return std::nullopt;
}

std::string Bound(const Rule& rule) { return std::string(rule.text.substr(rule.text.find('=') + 1)); }

std::string Plural(uint64_t count, std::string_view noun) {
  return StrCat(count, " ", noun, count == 1 ? "" : "s");
}

// What is wrong with `value`; empty when nothing is.
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
      if (std::find(rule.numbers.begin(), rule.numbers.end(), number) == rule.numbers.end()) return {};
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

// An upper bound below the lower one means: outside of what lies between them.
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

class Checker {
 public:
  Checker(std::string_view path, Diagnostics& diagnostics) : path_(path), diagnostics_(diagnostics) {}

  void Walk(const Message& message) {
    const Descriptor& type = *message.GetDescriptor();
    if (IsAny(message)) return WalkAny(message);
    std::vector<const FieldDescriptor*> skipped;
    if (const auto* rules = RulesOf(type.full_name())) {
      for (const FieldRules& field : *rules) CheckField(message, field, skipped);
    }
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
          std::find(skipped.begin(), skipped.end(), field) != skipped.end()) {
        continue;
      }
      const auto scope = path_.Field(field->name());
      const bool outer = std::exchange(secret_, secret_ || IsSensitive(*field));
      WalkField(message, *field);
      secret_ = outer;
    }
  }

 private:
  void WalkField(const Message& message, const FieldDescriptor& field) {
    const Reflection& reflection = *message.GetReflection();
    if (!field.is_repeated()) return Walk(reflection.GetMessage(message, &field));
    for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
      const Message& item = reflection.GetRepeatedMessage(message, &field, i);
      if (!field.is_map()) {
        const auto scope = path_.Index(static_cast<size_t>(i));
        Walk(item);
        continue;
      }
      const FieldDescriptor& value = *field.message_type()->map_value();
      if (value.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
      const auto key = ReadScalar(item, *field.message_type()->map_key(), -1);
      const auto scope = path_.Key(key ? key->text : "");
      Walk(item.GetReflection()->GetMessage(item, &value));
    }
  }

  void WalkAny(const Message& any) {
    if (any_levels_ >= kMaxAnyLevels) {
      return Report("an Any in an Any, too many levels deep", {}, nullptr);
    }
    const AnyContent content = OpenExtension(any);
    if (content.message == nullptr) return;
    ++any_levels_;
    Walk(*content.message);
    --any_levels_;
  }

  void CheckField(const Message& message, const FieldRules& rules,
                  std::vector<const FieldDescriptor*>& skipped) {
    const Descriptor& type = *message.GetDescriptor();
    if (rules.is_oneof) return CheckOneof(message, rules);
    // A compiled-in message may lack the field: what is not supported is named elsewhere.
    const FieldDescriptor* field = type.FindFieldByName(std::string(rules.field));
    if (field == nullptr) return;
    const auto scope = path_.Field(field->name());
    const bool outer = std::exchange(secret_, secret_ || IsSensitive(*field));
    for (const Rule& rule : rules.rules) {
      if (rule.check == Rule::Check::kSkip) skipped.push_back(field);
    }
    if (field->is_repeated()) {
      CheckRepeated(message, *field, rules);
    } else {
      CheckSingle(message, *field, rules);
    }
    secret_ = outer;
  }

  void CheckOneof(const Message& message, const FieldRules& rules) {
    const Descriptor& type = *message.GetDescriptor();
    const auto* oneof = type.FindOneofByName(std::string(rules.field));
    if (oneof == nullptr || message.GetReflection()->HasOneof(message, oneof)) return;
    // A member that only the whole API has counts.
    const auto wire = WireMessages().find(std::string_view(type.full_name()));
    const auto& unknown = message.GetReflection()->GetUnknownFields(message);
    std::vector<std::string> members;
    if (wire != WireMessages().end()) {
      for (const WireField& field : wire->second.fields) {
        if (field.oneof != rules.field) continue;
        for (int i = 0; i < unknown.field_count(); ++i) {
          if (unknown.field(i).number() == field.number) return;
        }
        if (!field.deprecated) members.emplace_back(field.name);
      }
    }
    Report(StrCat("one of ", Join(members, ", "), " must be set"), {},
           rules.rules.empty() ? nullptr : &rules.rules.front());
  }

  void CheckSingle(const Message& message, const FieldDescriptor& field, const FieldRules& rules) {
    const bool has_presence = field.has_presence();
    const bool set = !has_presence || message.GetReflection()->HasField(message, &field);
    for (const Rule& rule : rules.rules) {
      // A member of a oneof is required only where it is the one chosen, and then it is set.
      if (rule.check == Rule::Check::kRequired && !set && field.real_containing_oneof() == nullptr) {
        Report("must be set", {}, &rule);
      }
    }
    if (!set) return;
    if (const auto value = ReadScalar(message, field, -1)) {
      CheckScalar(rules, Rule::Target::kField, *value);
    }
  }

  void CheckScalar(const FieldRules& rules, Rule::Target target, const Scalar& value) {
    if (rules.ignore_empty && value.empty()) return;
    const bool outside = IsOutsideRange(rules, value);
    for (const Rule& rule : rules.rules) {
      if (rule.target != target || (outside && (IsUpperBound(rule) || IsLowerBound(rule)))) continue;
      if (std::string message = Broken(rule, rules, value); !message.empty()) {
        Report(std::move(message), Shown(value), &rule);
      }
    }
  }

  void CheckRepeated(const Message& message, const FieldDescriptor& field, const FieldRules& rules) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    const std::string_view noun = field.is_map() ? "entry" : "item";
    std::set<std::string> seen;
    bool unique = false;
    for (const Rule& rule : rules.rules) {
      const auto count = static_cast<uint64_t>(size);
      if (rule.check == Rule::Check::kMinItems && count < rule.count) {
        Report(rule.count == 1 ? "must not be empty" : StrCat("must have at least ", Plural(rule.count, noun)),
               {}, &rule);
      } else if (rule.check == Rule::Check::kMaxItems && count > rule.count) {
        Report(StrCat("must have at most ", Plural(rule.count, noun)), StrCat(size), &rule);
      }
      unique = unique || rule.check == Rule::Check::kUnique;
    }
    for (int i = 0; i < size; ++i) {
      if (field.is_map()) {
        CheckEntry(reflection.GetRepeatedMessage(message, &field, i), field, rules);
        continue;
      }
      const auto value = ReadScalar(message, field, i);
      if (!value) continue;
      const auto scope = path_.Index(static_cast<size_t>(i));
      CheckScalar(rules, Rule::Target::kItems, *value);
      if (unique && !seen.insert(value->text).second) Report("stands twice", Shown(*value), nullptr);
    }
  }

  void CheckEntry(const Message& entry, const FieldDescriptor& field, const FieldRules& rules) {
    const auto key = ReadScalar(entry, *field.message_type()->map_key(), -1);
    const auto scope = path_.Key(key ? key->text : "");
    if (key) CheckScalar(rules, Rule::Target::kKeys, *key);
    if (const auto value = ReadScalar(entry, *field.message_type()->map_value(), -1)) {
      CheckScalar(rules, Rule::Target::kValues, *value);
    }
  }

  static std::string Shown(const Scalar& value) {
    return value.kind == Scalar::Kind::kText ? (value.text.empty() ? "" : ShownValue(value.text))
                                             : value.text;
  }

  void Report(std::string message, std::string value, const Rule* rule) {
    Diagnostic diagnostic;
    diagnostic.path = path_.text();
    diagnostic.message = std::move(message);
    if (!secret_) diagnostic.value = std::move(value);
    if (rule != nullptr) diagnostic.rule = std::string(rule->text);
    diagnostics_.Add(std::move(diagnostic));
  }

  FieldPath path_;
  Diagnostics& diagnostics_;
  bool secret_ = false;
  int any_levels_ = 0;
};

}  // namespace

bool CheckRules(const Message& message, Diagnostics& diagnostics, std::string_view path) {
  const size_t before = diagnostics.error_count();
  Checker(path, diagnostics).Walk(message);
  return diagnostics.error_count() == before;
}

}  // namespace weir::schema
