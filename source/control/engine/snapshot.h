// All resources in force, as one immutable value: what every stream converges to.
//
// A snapshot is built off the engine's thread and handed over. Types whose resources did not change
// are shared with the snapshot before it, and each type knows which names changed since then, so
// that a stream looks at those alone. Thread-safe: immutable behind shared_ptr<const>.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/control/engine/resource.h"

namespace weir::control::engine {

// The resources of one type, in the order of their names.
class TypeView {
 public:
  // `resources`: of one type, sorted by name, no name twice. `previous` may be null.
  TypeView(std::string type_url, std::vector<ResourcePtr> resources, const TypeView* previous);

  // Null when there is none of that name.
  ResourcePtr Find(std::string_view name) const;

  const std::string& type_url() const { return type_url_; }
  const std::vector<ResourcePtr>& resources() const { return resources_; }
  // Hash of the sorted (name, hash) pairs.
  const ContentHash& version() const { return version_; }
  // Unique in this process, never 0.
  uint64_t id() const { return id_; }
  // The view that `changed` counts from; 0 when there is none.
  uint64_t previous_id() const { return previous_id_; }
  // Names added, changed or removed since the view `previous_id`, sorted.
  const std::vector<std::string>& changed() const { return changed_; }

 private:
  std::string type_url_;
  std::vector<ResourcePtr> resources_;
  ContentHash version_;
  uint64_t id_;
  uint64_t previous_id_ = 0;
  std::vector<std::string> changed_;
};

// The version of a list of resources sorted by name.
ContentHash VersionOf(const std::vector<ResourcePtr>& resources);

class Snapshot {
 public:
  // Any order. A type and name that comes twice is an error which names both places (C7). Resources
  // equal to those of `previous` (may be null) are taken from there.
  static absl::StatusOr<std::shared_ptr<const Snapshot>> Build(std::string label,
                                                               std::vector<ResourcePtr> resources,
                                                               const Snapshot* previous);
  static std::shared_ptr<const Snapshot> Empty();
  // `base` with `own` in it, in place of what has the same type and name. Types that `own` has none
  // of are shared with `base`, the others with `previous`, the last one made so (may be null),
  // where they are equal.
  static std::shared_ptr<const Snapshot> Overlay(const Snapshot& base, std::vector<ResourcePtr> own,
                                                 const Snapshot* previous);
  // The same snapshot with another label.
  static std::shared_ptr<const Snapshot> Relabel(const Snapshot& snapshot, std::string label);

  // Null when there are no resources of this type.
  const TypeView* Find(std::string_view type_url) const;
  ResourcePtr FindResource(std::string_view type_url, std::string_view name) const;

  // Sorted by type URL.
  const std::vector<std::shared_ptr<const TypeView>>& types() const { return types_; }
  // Grows with each snapshot built on another.
  uint64_t sequence() const { return sequence_; }
  // For people only: "r42".
  const std::string& label() const { return label_; }
  size_t size() const;

 private:
  Snapshot() = default;
  void AddType(std::vector<ResourcePtr> resources, const Snapshot* previous);

  std::string label_;
  uint64_t sequence_ = 0;
  std::vector<std::shared_ptr<const TypeView>> types_;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace weir::control::engine
