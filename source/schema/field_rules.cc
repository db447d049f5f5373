#include "source/schema/field_rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "google/protobuf/unknown_field_set.h"
#include "source/base/strings.h"
#include "source/schema/any_content.h"
#include "source/schema/field_path.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/rule_table.h"
#include "source/schema/scalar_rules.h"
#include "source/schema/sub_messages.h"

namespace weir::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

class Checker {
 public:
  Checker(std::string_view path, Diagnostics& diagnostics)
      : path_(path), diagnostics_(diagnostics) {}

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
      ForEachMessageIn(message, *field, path_, [this](const Message& each) { Walk(each); });
      secret_ = outer;
    }
  }

 private:
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
      if (rule.check == Rule::Check::kRequired && !set &&
          field.real_containing_oneof() == nullptr) {
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
      if (rule.target != target || (outside && (IsUpperBound(rule) || IsLowerBound(rule))))
        continue;
      if (std::string message = Broken(rule, rules, value); !message.empty()) {
        Report(std::move(message), Shown(value), &rule);
      }
    }
  }

  void CheckRepeated(const Message& message, const FieldDescriptor& field,
                     const FieldRules& rules) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    const std::string_view noun = field.is_map() ? "entry" : "item";
    std::set<std::string> seen;
    bool unique = false;
    for (const Rule& rule : rules.rules) {
      const auto count = static_cast<uint64_t>(size);
      if (rule.check == Rule::Check::kMinItems && count < rule.count) {
        Report(rule.count == 1 ? "must not be empty"
                               : StrCat("must have at least ", Plural(rule.count, noun)),
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
      if (unique && !seen.insert(value->text).second)
        Report("stands twice", Shown(*value), nullptr);
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
