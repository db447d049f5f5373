// One value against the rules of its field: the part of field_rules.h that knows no messages around
// it. Private to schema.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/message.h"
#include "source/schema/rule_table.h"

namespace weir::schema {

// One value that a rule can be about: a scalar, what a wrapper wraps, or a duration.
struct Scalar {
  enum class Kind { kText, kNumber, kBool, kEnum, kDuration };

  Kind kind = Kind::kNumber;
  std::string text;        // kText; for others as shown
  long double number = 0;  // nanoseconds for durations
  std::string_view enum_name;

  bool empty() const { return kind == Kind::kText ? text.empty() : number == 0; }
};

// Field `field` of `message`, or its item `index` where that is not negative. Nothing for a message
// that is neither a wrapper nor a duration, and for one that is not set.
std::optional<Scalar> ReadScalar(const google::protobuf::Message& message,
                                 const google::protobuf::FieldDescriptor& field, int index);

// What is wrong with `value`; empty when nothing is.
std::string Broken(const Rule& rule, const FieldRules& field, const Scalar& value);

bool IsUpperBound(const Rule& rule);
bool IsLowerBound(const Rule& rule);

// An upper bound below the lower one means: outside of what lies between them. True when the value
// is there.
bool IsOutsideRange(const FieldRules& field, const Scalar& value);

// "1 character", "2 characters".
std::string Plural(uint64_t count, std::string_view noun);

}  // namespace weir::schema
