// Values of the runtime layers by key, merged: what a resource refers to with a runtime_key.
//
// Only static layers of the bootstrap have values, which are therefore looked up when a resource is
// decoded and cost a request nothing. Immutable once filled; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "source/base/hash_map.h"
#include "source/config/source.h"

namespace weir::config {

class Runtime {
 public:
  using Entry = std::variant<bool, double, Fraction, std::string>;

  // A layer as it is written, its values as text, for people.
  struct Layer {
    std::string name;
    std::map<std::string, std::string, std::less<>> values;
    friend bool operator==(const Layer&, const Layer&) = default;
  };

  // Later layers go over earlier ones.
  void AddLayer(std::string_view name) { layers_.push_back({std::string(name), {}}); }
  // In the layer added last; a later value replaces an earlier one.
  void Set(std::string_view key, Entry entry, std::string text) {
    layers_.back().values.insert_or_assign(std::string(key), std::move(text));
    entries_.insert_or_assign(std::string(key), std::move(entry));
  }
  const std::vector<Layer>& layers() const { return layers_; }
  // Nothing when there is no such key, or its value is of another kind: the default holds.
  // A whole number is a percentage, as in Envoy.
  std::optional<Fraction> FractionOf(std::string_view key) const;
  std::optional<uint64_t> IntegerOf(std::string_view key) const;
  std::optional<double> NumberOf(std::string_view key) const;

  friend bool operator==(const Runtime&, const Runtime&) = default;

 private:
  std::vector<Layer> layers_;
  HashMap<Entry> entries_;
};

}  // namespace weir::config
