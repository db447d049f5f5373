#include "source/config/runtime.h"

#include <algorithm>

#include "source/base/strings.h"

namespace weir::config {

std::optional<uint64_t> Runtime::IntegerOf(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&found->second)) return ParseUint64(*text);
  const auto* const number = std::get_if<double>(&found->second);
  constexpr double kGreatest = 9007199254740992;  // Where a double stops counting by one.
  if (number == nullptr || *number < 0 || *number > kGreatest) return std::nullopt;
  const auto whole = static_cast<uint64_t>(*number);
  if (static_cast<double>(whole) != *number) return std::nullopt;
  return whole;
}

std::optional<double> Runtime::NumberOf(std::string_view key) const {
  const auto found = entries_.find(key);
  const auto* const number =
      found == entries_.end() ? nullptr : std::get_if<double>(&found->second);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::optional<Fraction> Runtime::FractionOf(std::string_view key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  if (const auto* fraction = std::get_if<Fraction>(&found->second)) return *fraction;
  const std::optional<uint64_t> percent = IntegerOf(key);
  if (!percent.has_value()) return std::nullopt;
  return Fraction{static_cast<uint32_t>(std::min<uint64_t>(*percent, 100) * 10'000)};
}

}  // namespace weir::config
