// api/wire/validate.tsv, parsed. Private to schema. Thread-safe, never freed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/schema/wire_table.h"

namespace re2 {
class RE2;
}

namespace weir::schema {

// One rule, such as "repeated.items.uint32.lt=600".
struct Rule {
  // What of the field it speaks about.
  enum class Target { kField, kItems, kKeys, kValues };
  enum class Check {
    kRequired,     // message, any, duration, oneof
    kSkip,         // message.skip: do not look inside
    kDefinedOnly,  // enum
    kNotIn,        // enum: numbers
    kMinLength,    // string in characters, bytes in bytes
    kMaxLength,
    kMaxBytes,
    kPrefix,
    kSuffix,
    kPattern,
    kOneOf,       // string.in
    kHeaderName,  // string.well_known_regex
    kHeaderValue,
    kMinItems,  // repeated, map
    kMaxItems,
    kUnique,
    kConst,  // bool
    kLess,   // numbers and durations; durations in nanoseconds
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
  };

  Target target = Target::kField;
  Check check = Check::kRequired;
  std::string_view text;  // as the table has it
  // What the check compares with; which one is meant depends on the check.
  uint64_t count = 0;
  long double number = 0;  // exact for 64-bit integers on the machines we build for
  std::string operand;
  std::vector<std::string> choices;
  std::vector<int64_t> numbers;
  std::shared_ptr<const re2::RE2> pattern;
};

struct FieldRules {
  std::string_view field;  // name of the field or the oneof
  bool is_oneof = false;
  bool ignore_empty = false;
  bool strict_header =
      true;  // string.strict: header names and values as in RFC 9110, not just "no CR, LF, NUL"
  std::vector<Rule> rules;
};

// Null when a message has no rules.
const std::vector<FieldRules>* RulesOf(std::string_view message_name);

// The names of rules in the table that the parser does not know; empty, or a test fails.
std::vector<std::string> UnknownRules();

}  // namespace weir::schema
