// The tables of api/ as values that can be searched by name. Views into the compiled-in text.
//
// Each accessor builds its index on first use; thread-safe and never freed.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "source/base/hash_map.h"

namespace weir::schema {

// Keys are views into the tables.
template <typename Value>
using TableIndex = absl::flat_hash_map<std::string_view, Value, StringHash, StringEqual>;

struct WireField {
  enum class Label { kOptional, kRepeated, kMap };

  std::string_view name;
  int number = 0;
  Label label = Label::kOptional;
  std::string_view type;   // scalar name, full name of a message or an enum, or "map<key,value>"
  std::string_view oneof;  // empty when in none
  std::string_view json_name;
  bool deprecated = false;
};

struct WireMessage {
  std::string_view name;
  std::string_view file;
  std::vector<WireField> fields;  // by number

  const WireField* FindNumber(int number) const;
  const WireField* FindName(std::string_view field) const;
};

struct WireEnum {
  std::string_view name;
  std::vector<std::pair<std::string_view, int>> values;
};

struct WireMethod {
  std::string_view name, request, response;
  bool client_streaming = false;
  bool server_streaming = false;
};

const TableIndex<WireMessage>& WireMessages();
const TableIndex<WireEnum>& WireEnums();
// By service.
const TableIndex<std::vector<WireMethod>>& WireServices();

// Message -> fields that hold secrets.
const TableIndex<std::vector<std::string_view>>& SensitiveFields();

// Message -> (field, reason) that may be ignored.
const TableIndex<std::vector<std::pair<std::string_view, std::string_view>>>& IgnorableFields();

// The columns of each line of a table. A short line has empty columns at its end.
std::vector<std::vector<std::string_view>> TableRows(std::string_view table, size_t columns);

}  // namespace weir::schema
