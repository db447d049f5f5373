#include "source/match/uri_template.h"

#include <algorithm>

#include "source/base/status.h"

namespace weir::match {
namespace {

constexpr size_t kMaxVariables = 5;
constexpr size_t kMaxNameLength = 16;
// RFC 3986, 3.3: the characters of a segment but for the asterisk, which is an operator here.
constexpr std::string_view kSegment = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=]+";
constexpr std::string_view kSegments = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=*/]*";

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLiteral(char c) {
  return IsAlpha(c) || IsDigit(c) ||
         std::string_view("-._~%!$&'()+,;:@/").find(c) != std::string_view::npos;
}

bool IsVariableName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameLength && IsAlpha(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return IsAlpha(c) || IsDigit(c) || c == '_'; });
}

// Reads a template from left to right and writes the regular expression as it goes.
class Compiler {
 public:
  explicit Compiler(std::string_view text) : text_(text) {}

  absl::Status Run() {
    if (!text_.starts_with('/')) return Error("must begin with '/'");
    while (at_ < text_.size()) {
      if (text_[at_] == '{') {
        WEIR_RETURN_IF_ERROR(Variable());
      } else {
        WEIR_RETURN_IF_ERROR(Piece('\0'));
      }
    }
    return absl::OkStatus();
  }

  std::string TakeRegex() { return std::move(regex_); }
  std::vector<std::string> TakeVariables() { return std::move(variables_); }

 private:
  absl::Status Error(std::string_view what) const {
    return InvalidArgument(StrCat("path template '", text_, "' ", what, ", at position ", at_));
  }

  // An operator, or one literal character; `also` may stand here, too.
  absl::Status Piece(char also) {
    const char c = text_[at_];
    if (c == '*') return Operator();
    if (!IsLiteral(c) && (c != also || also == '\0')) {
      return Error(StrCat("has '", std::string(1, c), "' outside of a variable"));
    }
    if (c == '/' && text_.substr(at_).starts_with("//")) return Error("has an empty segment");
    if (!IsAlpha(c) && !IsDigit(c) && c != '/') regex_ += '\\';
    regex_ += c;
    ++at_;
    return absl::OkStatus();
  }

  absl::Status Operator() {
    if (ended_) return Error("has an operator after **");
    const bool many = text_.substr(at_).starts_with("**");
    regex_ += many ? kSegments : kSegment;
    ended_ = many;
    at_ += many ? 2 : 1;
    if (at_ < text_.size() && text_[at_] == '*') return Error("has two operators side by side");
    return absl::OkStatus();
  }

  absl::Status Variable() {
    if (ended_) return Error("has a variable after **");
    if (variables_.size() == kMaxVariables) {
      return Error(StrCat("has more than ", kMaxVariables, " variables"));
    }
    const size_t end = text_.find_first_of("=}", at_);
    if (end == std::string_view::npos) return Error("has a variable without '}'");
    const std::string name(text_.substr(at_ + 1, end - at_ - 1));
    if (!IsVariableName(name)) {
      return Error(StrCat("has a variable named '", name, "': a letter, then letters, digits and ",
                          "'_', at most ", kMaxNameLength, " characters"));
    }
    if (std::find(variables_.begin(), variables_.end(), name) != variables_.end()) {
      return Error(StrCat("has two variables named '", name, "'"));
    }
    variables_.push_back(name);
    at_ = end;
    regex_ += '(';
    if (text_[at_] == '}') {
      regex_ += kSegment;
    } else {
      WEIR_RETURN_IF_ERROR(VariablePattern());
    }
    regex_ += ')';
    ++at_;
    return absl::OkStatus();
  }

  absl::Status VariablePattern() {
    ++at_;
    if (at_ < text_.size() && text_[at_] == '}') return Error("has a variable with no pattern");
    while (at_ < text_.size() && text_[at_] != '}') {
      if (text_[at_] == '{') return Error("has a variable inside of a variable");
      WEIR_RETURN_IF_ERROR(Piece('='));
    }
    return at_ < text_.size() ? absl::OkStatus() : Error("has a variable without '}'");
  }

  const std::string_view text_;
  size_t at_ = 0;
  bool ended_ = false;  // After **.
  std::string regex_;
  std::vector<std::string> variables_;
};

}  // namespace

absl::StatusOr<UriTemplate> UriTemplate::Create(std::string_view text) {
  Compiler compiler(text);
  WEIR_RETURN_IF_ERROR(compiler.Run());
  WEIR_ASSIGN_OR_RETURN(Regex regex, Regex::Create(StrCat("^", compiler.TakeRegex(), "$")));
  return UriTemplate(std::move(regex), compiler.TakeVariables());
}

absl::StatusOr<std::string> UriTemplate::Substitution(std::string_view rewrite) const {
  if (!rewrite.starts_with('/')) {
    return InvalidArgument(StrCat("path template '", rewrite, "' must begin with '/'"));
  }
  std::string substitution;
  for (size_t at = 0; at < rewrite.size(); ++at) {
    if (rewrite[at] != '{') {
      if (!IsLiteral(rewrite[at])) {
        return InvalidArgument(StrCat("path template '", rewrite, "' has '", rewrite.substr(at, 1),
                                      "' at position ", at));
      }
      substitution += rewrite[at];
      continue;
    }
    const size_t end = rewrite.find('}', at);
    const std::string_view name = rewrite.substr(at + 1, end - at - 1);
    const auto found = std::find(variables_.begin(), variables_.end(), name);
    if (end == std::string_view::npos || found == variables_.end()) {
      return InvalidArgument(StrCat("path template '", rewrite, "' has {", name,
                                    "}, which is no variable of the route's path template"));
    }
    StrAppend(substitution, "\\", found - variables_.begin() + 1);
    at = end;
  }
  return substitution;
}

}  // namespace weir::match
