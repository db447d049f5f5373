// Path templates with variables (envoy.extensions.path.*.uri_template), compiled to regular
// expressions, so that nothing else has to know of them.
//
//   /users/{id}/files/{file=**}        the template; * is one segment's text, ** any number of them
//   /files/{file}?                     a rewrite, made of its variables
//
// A variable without a pattern is one segment ({id} is {id=*}). ** must be the last one; there are
// at most five variables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/match/regex.h"

namespace weir::match {

class UriTemplate {
 public:
  // The error says what is wrong and where.
  static absl::StatusOr<UriTemplate> Create(std::string_view text);

  // Matches whole paths without their query; group i is the variable i - 1.
  const Regex& regex() const { return regex_; }

  // `rewrite` as a substitution for regex(). Fails on a variable that the template does not have.
  absl::StatusOr<std::string> Substitution(std::string_view rewrite) const;

 private:
  UriTemplate(Regex regex, std::vector<std::string> variables)
      : regex_(std::move(regex)), variables_(std::move(variables)) {}

  Regex regex_;
  std::vector<std::string> variables_;
};

}  // namespace weir::match
