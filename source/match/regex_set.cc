#include "source/match/regex_set.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>
#include <vector>

namespace weir::match {

struct RegexSet::Compiled {
  explicit Compiled(const re2::RE2::Options& options) : set(options, re2::RE2::ANCHOR_BOTH) {}
  re2::RE2::Set set;
};

RegexSet::RegexSet(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
RegexSet::RegexSet(RegexSet&&) noexcept = default;
RegexSet& RegexSet::operator=(RegexSet&&) noexcept = default;
RegexSet::~RegexSet() = default;

std::optional<RegexSet> RegexSet::Create(std::span<const Regex* const> patterns) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto compiled = std::make_unique<Compiled>(options);
  for (const Regex* pattern : patterns) {
    if (compiled->set.Add(pattern->pattern(), nullptr) < 0) return std::nullopt;
  }
  if (!compiled->set.Compile()) return std::nullopt;
  return RegexSet(std::move(compiled));
}

std::optional<size_t> RegexSet::Match(std::string_view text, std::span<uint32_t> matching) const {
  // RE2 wants a vector; its room is reused by every match of the thread.
  static thread_local std::vector<int> found;
  found.clear();
  re2::RE2::Set::ErrorInfo error{};
  if (!compiled_->set.Match({text.data(), text.size()}, &found, &error)) {
    if (error.kind == re2::RE2::Set::kNoError) return 0;
    return std::nullopt;
  }
  if (found.size() > matching.size()) return std::nullopt;
  std::sort(found.begin(), found.end());
  std::transform(found.begin(), found.end(), matching.begin(),
                 [](int index) { return static_cast<uint32_t>(index); });
  return found.size();
}

}  // namespace weir::match
