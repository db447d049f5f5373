// A regular expression in linear time (RE2). Immutable, shared, any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace weir::match {

class Regex {
 public:
  // The error names the pattern and RE2's reason. Programs above 10,000 instructions are refused.
  static absl::StatusOr<Regex> Create(std::string_view pattern);

  bool FullMatch(std::string_view text) const;
  bool PartialMatch(std::string_view text) const;
  // A text that every full match begins with, as long as it is easily found; may be empty.
  std::string RequiredPrefix() const;
  // Every match replaced by `substitution`, where \1 stands for the first group
  // (RegexMatchAndSubstitute).
  std::string ReplaceAll(std::string_view text, const std::string& substitution) const;
  // Whether the groups that `substitution` names exist; the error says which does not.
  absl::Status CheckSubstitution(const std::string& substitution) const;
  const std::string& pattern() const;
  friend bool operator==(const Regex& a, const Regex& b) { return a.pattern() == b.pattern(); }

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace weir::match
