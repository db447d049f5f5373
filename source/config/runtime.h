// Values of the runtime layers by key, merged: what a resource refers to with a runtime_key.
//
// Only layers of the bootstrap exist, so values are looked up when a resource is decoded and cost a
// request nothing. Immutable once filled; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "source/base/hash_map.h"
#include "source/config/source.h"

namespace weir::config {

class Runtime {
 public:
  using Entry = std::variant<bool, double, Fraction, std::string>;

  // A later value replaces an earlier one.
  void Set(std::string_view key, Entry entry) {
    entries_.insert_or_assign(std::string(key), std::move(entry));
  }
  // Nothing when there is no such key, or its value is of another kind: the default holds.
  // A whole number is a percentage, as in Envoy.
  std::optional<Fraction> FractionOf(std::string_view key) const;
  std::optional<uint64_t> IntegerOf(std::string_view key) const;

  friend bool operator==(const Runtime&, const Runtime&) = default;

 private:
  HashMap<Entry> entries_;
};

}  // namespace weir::config
