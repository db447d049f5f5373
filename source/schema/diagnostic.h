// What is wrong with a piece of configuration, where, and what would be right.
//
// Everything that reads or checks configuration adds to a Diagnostics and goes on, so that an
// author sees all errors at once. Values; not thread-safe. The text of a diagnostic never holds a
// secret.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace weir::schema {

struct Diagnostic {
  enum class Severity { kError, kWarning };

  Severity severity = Severity::kError;
  std::string file;        // as the caller named it; empty when there is no text
  int line = 0;            // from 1; 0 when unknown
  int column = 0;          // from 1, in bytes; 0 when unknown
  std::string type_url;    // of the resource it is about; may be empty
  std::string resource;    // its name; may be empty
  std::string path;        // "filter_chains[0].filters[1].typed_config.stat_prefix", from the root
  std::string message;     // "must have at least 1 character"
  std::string rule;        // "string.min_len=1" when one of api/wire/validate.tsv was broken
  std::string value;       // the offending value, shortened; empty for secrets
  std::string suggestion;  // the name that was probably meant

  // "file:line:column: path: message, got VALUE [rule]; did you mean "suggestion"?", without the
  // parts that are empty.
  std::string ToString() const;

  bool operator==(const Diagnostic&) const = default;
};

// A list with a bound: what comes after kMaxKept is counted and not kept.
class Diagnostics {
 public:
  static constexpr size_t kMaxKept = 1000;

  void Add(Diagnostic diagnostic);
  // An error about `path` without a position.
  void Error(std::string path, std::string message);
  void Append(Diagnostics other);

  const std::vector<Diagnostic>& all() const { return all_; }
  std::vector<Diagnostic>& mutable_all() { return all_; }
  bool has_errors() const { return errors_ > 0; }
  // With those that were not kept.
  size_t error_count() const { return errors_; }
  bool empty() const { return errors_ == 0 && all_.empty(); }

  // By file, line and column; errors before warnings of the same place. Keeps the order of equals.
  void Sort();

  // One a line, at most `max_lines`, then "and N more". No newline at the end.
  std::string ToString(size_t max_lines = 50) const;

 private:
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
  size_t dropped_ = 0;
};

// `value` as a diagnostic shows it: one line, quoted, at most 60 characters of it.
std::string ShownValue(const std::string& value);

}  // namespace weir::schema
