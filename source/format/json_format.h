// A JSON object whose strings are formats (json_format of SubstitutionFormatString), compiled once.
// Immutable after Create; any thread.
//
// A value that is one operator alone keeps its type: numbers are written as numbers, and a missing
// value is null, or its key is left out with omit_empty_values. Other strings are formatted as
// text, "-" for what is missing.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "source/format/formatter.h"

namespace weir::format {

// A google.protobuf.Value as written in the configuration.
struct JsonTemplate {
  struct Null {};
  using Array = std::vector<JsonTemplate>;
  struct Object {
    std::vector<std::string> keys;
    std::vector<JsonTemplate> values;  // One for each key.
  };
  std::variant<Null, bool, double, std::string, Array, Object> value;
};

class JsonFormat {
 public:
  // Keys are written in the order of `object`. The error names the key's path and what is wrong
  // there.
  static absl::StatusOr<JsonFormat> Create(const JsonTemplate::Object& object,
                                           bool omit_empty_values = false);

  // One line without a break at its end.
  void Append(std::string& out, const FormatContext& context) const;
  friend bool operator==(const JsonFormat& a, const JsonFormat& b) {
    return a.source_ == b.source_ && a.omit_empty_ == b.omit_empty_;
  }

  struct Node;  // One compiled value.

 private:
  bool omit_empty_ = false;
  std::string source_;  // The template as JSON text, for comparing.
  std::shared_ptr<const Node> root_;
};

}  // namespace weir::format
