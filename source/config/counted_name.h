// A name under which something is counted (a stat_prefix, a virtual cluster), and a sign of who
// still has it: counters let go when no configuration does.
//
// A value. Copies share the text; SharedParts makes equal ones of later configurations share it,
// too, so that counters go on over a change.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace weir::config {

class CountedName {
 public:
  CountedName() = default;
  // NOLINTBEGIN(google-explicit-constructor)
  CountedName(std::string text)
      : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  CountedName(std::string_view text) : CountedName(std::string(text)) {}
  CountedName(const char* text) : CountedName(std::string(text)) {}
  // NOLINTEND(google-explicit-constructor)
  explicit CountedName(std::shared_ptr<const std::string> text) : text_(std::move(text)) {}

  bool empty() const { return text_ == nullptr; }
  std::string_view text() const { return empty() ? std::string_view() : *text_; }
  // Null for the empty name.
  const std::shared_ptr<const std::string>& pointer() const { return text_; }
  friend bool operator==(const CountedName& a, const CountedName& b) {
    return a.text_ == b.text_ || a.text() == b.text();
  }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace weir::config
