// The JSON-like value of metadata (google.protobuf.Value as a plain value): null, bool, number,
// string, list or struct.
//
// Immutable once made. Lists and structs are shared between copies, so that copying costs a count
// and comparing shared parts nothing; safe to read from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir {

class Value {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kList, kStruct };
  using List = std::vector<Value>;
  using Field = std::pair<std::string, Value>;
  using Fields = std::vector<Field>;  // Sorted by name, each name once.

  Value() = default;  // Null.
  static Value Bool(bool value) { return Value(Data(value)); }
  static Value Number(double value) { return Value(Data(value)); }
  static Value String(std::string_view value) { return Value(Data(std::string(value))); }
  static Value FromList(List list);
  // In any order; of two fields with one name the later one counts.
  static Value FromFields(Fields fields);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_struct() const { return kind() == Kind::kStruct; }

  // Only for a value of that kind.
  bool boolean() const { return std::get<bool>(data_); }
  double number() const { return std::get<double>(data_); }
  const std::string& string() const { return std::get<std::string>(data_); }
  const List& list() const { return *std::get<ListPtr>(data_); }
  const Fields& fields() const { return *std::get<FieldsPtr>(data_); }

  // The field of that name; null when there is none, or when this is no struct.
  const Value* Find(std::string_view name) const;

  // Deep; a number equals itself as a double does.
  friend bool operator==(const Value& a, const Value& b);

 private:
  using ListPtr = std::shared_ptr<const List>;
  using FieldsPtr = std::shared_ptr<const Fields>;
  // In the order of Kind.
  using Data = std::variant<std::monostate, bool, double, std::string, ListPtr, FieldsPtr>;

  explicit Value(Data data) : data_(std::move(data)) {}

  Data data_;
};

// `of` with the field `name` set; of what is no struct, one with that field alone.
Value WithField(const Value& of, std::string_view name, Value value);
// `over` added to `base`: structs field by field, lists one behind the other, anything else takes
// the place of what was there.
Value Merged(const Value& base, const Value& over);

// As protobuf's JSON: whole numbers without a fraction, infinities and not-a-number as strings.
void AppendJson(std::string& out, const Value& value);

}  // namespace weir
