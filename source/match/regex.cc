#include "source/match/regex.h"

#include <re2/re2.h>

#include <algorithm>

#include "source/base/status.h"

namespace weir::match {
namespace {

constexpr int kMaxProgramSize = 10'000;

re2::StringPiece ToPiece(std::string_view s) { return {s.data(), s.size()}; }

}  // namespace

absl::StatusOr<Regex> Regex::Create(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_shared<const re2::RE2>(ToPiece(pattern), options);
  if (!compiled->ok()) {
    return InvalidArgument(
        StrCat("invalid regular expression '", pattern, "': ", compiled->error()));
  }
  if (compiled->ProgramSize() > kMaxProgramSize) {
    return InvalidArgument(StrCat("regular expression '", pattern, "' compiles to ",
                                  compiled->ProgramSize(), " instructions, above the limit of ",
                                  kMaxProgramSize));
  }
  return Regex(std::move(compiled));
}

bool Regex::FullMatch(std::string_view text) const {
  return re2::RE2::FullMatch(ToPiece(text), *compiled_);
}

bool Regex::PartialMatch(std::string_view text) const {
  return re2::RE2::PartialMatch(ToPiece(text), *compiled_);
}

std::string Regex::ReplaceAll(std::string_view text, const std::string& substitution) const {
  std::string out(text);
  re2::RE2::GlobalReplace(&out, *compiled_, substitution);
  return out;
}

std::string Regex::RequiredPrefix() const {
  constexpr int kMaxLength = 64;
  std::string least, greatest;
  if (!compiled_->PossibleMatchRange(&least, &greatest, kMaxLength)) return "";
  // What lies between two texts begins with what they have in common.
  const auto [end, other] =
      std::mismatch(least.begin(), least.end(), greatest.begin(), greatest.end());
  return {least.begin(), end};
}

absl::Status Regex::CheckSubstitution(const std::string& substitution) const {
  std::string error;
  if (compiled_->CheckRewriteString(substitution, &error)) return absl::OkStatus();
  return InvalidArgument(
      StrCat("substitution '", substitution, "' does not fit '", pattern(), "': ", error));
}

const std::string& Regex::pattern() const { return compiled_->pattern(); }

}  // namespace weir::match
