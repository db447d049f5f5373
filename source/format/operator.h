// One compiled piece of a format: literal text, or an operator with its arguments. Immutable, any
// thread.
//
// Inside the folder alone: formatter.h and json_format.h are for others.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/format/formatter.h"
#include "source/format/time_format.h"

namespace weir::format {

struct Formatter::Operator {
  // Appends the value to `out` and returns true; false, with nothing appended, when there is none.
  using AppendValue = bool (*)(const Operator& self, std::string& out,
                               const FormatContext& context);

  AppendValue append = nullptr;  // Null: `text` is the value.
  bool is_number = false;        // What is appended is a JSON number.
  // Literal; header or parameter name, lower case; host name; path in metadata, a:b:c; key of
  // filter state.
  std::string text;
  std::string alternative;  // REQ(X?Y): Y, lower case. FILTER_STATE(K:FIELD:X): X.
  int variant = 0;          // Which of several forms, by operator.
  size_t max_length = std::numeric_limits<size_t>::max();
  TimeFormat time;  // START_TIME, times of certificates

  // Appends the value cut to max_length.
  bool Append(std::string& out, const FormatContext& context) const;
};

// What stands between two percent signs: `NAME(ARGUMENT):LENGTH`.
struct OperatorText {
  std::string_view name;
  std::string_view argument;
  bool has_argument = false;
  size_t max_length = std::numeric_limits<size_t>::max();
};

// Compiles one operator. The error names it and, for an unknown name, the nearest right one.
absl::StatusOr<std::shared_ptr<const Formatter::Operator>> CompileOperator(
    const OperatorText& text);

// The operators of one group with their names. The groups are in operators_*.cc.
struct OperatorEntry {
  std::string_view name;
  Formatter::Operator::AppendValue append;
  bool is_number = false;
  int variant = 0;
};
const std::vector<OperatorEntry>& ConnectionOperators();
const std::vector<OperatorEntry>& RequestOperators();
const std::vector<OperatorEntry>& UpstreamOperators();
const std::vector<OperatorEntry>& TlsOperators();

// Pieces of `text`; neighbouring literals are joined.
absl::StatusOr<std::vector<std::shared_ptr<const Formatter::Operator>>> CompileText(
    std::string_view text);

// FILTER_STATE: how an object is written.
enum class FilterStateForm { kTyped, kPlain, kField };

// For the operators' functions.
void AppendNumber(std::string& out, uint64_t value);
// As Envoy writes it: "10.0.0.1:80", "[::1]:80", a path; without the port on request.
enum class AddressPart { kAll, kWithoutPort, kPort };
bool AppendAddress(std::string& out, const net::Address& address, AddressPart part);
// Whole milliseconds from `from` to `to`; nothing when one of them has not happened.
bool AppendMilliseconds(std::string& out, event::MonotonicTime from, event::MonotonicTime to);
bool AppendText(std::string& out, std::string_view text);  // false for an empty text
bool AppendWord(std::string& out, std::string_view text);  // the same with _ for each space

}  // namespace weir::format
