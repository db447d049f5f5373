// Which of many regular expressions match a text, in one pass over it (RE2::Set). Immutable,
// shared, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "source/match/regex.h"

namespace weir::match {

class RegexSet {
 public:
  // For full matches. Nothing when the patterns together are too large.
  static std::optional<RegexSet> Create(std::span<const Regex* const> patterns);
  RegexSet(RegexSet&&) noexcept;
  RegexSet& operator=(RegexSet&&) noexcept;
  ~RegexSet();

  // Fills `matching` with the indices of the patterns that match, ascending, and returns how many.
  // Nothing when it cannot say: there is no room for them, or the pass would take too much memory.
  std::optional<size_t> Match(std::string_view text, std::span<uint32_t> matching) const;

 private:
  struct Compiled;
  explicit RegexSet(std::unique_ptr<const Compiled> compiled);
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace weir::match
