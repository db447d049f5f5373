// The desired configuration: what was pushed and what the directory holds, checked as one set,
// kept, and published as snapshots.
//
//   Create -> SetDirectory (when there is one) -> Push, Delete, SetDirectory, ... at any time
//
// Every change is a transaction: it is checked whole, kept, and published, or it changes nothing. A
// name has one owner: what the directory holds cannot be pushed. Thread-safe: one change at a time;
// `publish` is called under the lock, in the order of the changes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/hash_map.h"
#include "source/base/mutex.h"
#include "source/control/engine/snapshot.h"
#include "source/control/store/directory.h"
#include "source/control/store/store.h"
#include "source/control/validation/validation.h"
#include "source/schema/diagnostic.h"
#include "weir/control/v1/control.pb.h"

namespace weir::control {

class Configuration {
 public:
  struct Options {
    std::unique_ptr<store::Store> store;
    validation::Validator validator;
    // What nodes get from elsewhere: no resource may have such a name.
    std::vector<validation::Given> given;
    std::function<store::WallTime()> now;
    std::function<void(engine::SnapshotPtr)> publish;
    // Is told by Create, before the first `publish`, of the clusters of earlier revisions, oldest
    // first: what proxies may hold that come back after a restart. May be empty.
    std::function<void(engine::SnapshotPtr)> remember;
  };
  // Publishes what the store holds.
  static absl::StatusOr<std::unique_ptr<Configuration>> Create(Options options);

  v1::PushResponse Push(const v1::PushRequest& request);
  v1::ValidateResponse Validate(const v1::ValidateRequest& request);
  v1::DeleteResponse Delete(const v1::DeleteRequest& request);
  v1::GetResponse Get(const v1::GetRequest& request) const;
  // Everything of a status but the nodes.
  void FillStatus(v1::StatusResponse& response) const;

  // The whole directory, or why it cannot be read. With errors nothing changes; they are returned,
  // and are part of the status until a later set is good.
  schema::Diagnostics SetDirectory(const absl::StatusOr<std::vector<store::TextFile>>& files);

  engine::SnapshotPtr snapshot() const;

 private:
  using Key = std::pair<std::string, std::string>;  // Type URL and name.
  struct Entry {
    engine::ResourcePtr resource;
    std::string text;
    uint64_t revision = 0;
    store::WallTime changed_at;
  };
  using Set = std::map<Key, Entry>;
  // A change on its way.
  struct Change {
    Set pushed;
    Set directory;
    store::Revision about;
    uint64_t expected_revision = 0;
    bool dry_run = false;
  };
  struct Outcome {
    bool applied = false;
    uint64_t revision = 0;
    schema::Diagnostics diagnostics;
    std::vector<v1::ResourceChange> changes;
  };

  explicit Configuration(Options options) : options_(std::move(options)) {}
  absl::Status Load() WEIR_EXCLUDES(mutex_);
  absl::Status Remember() const;
  template <typename Request>
  Set ReadInputs(const Request& request, schema::Diagnostics& diagnostics) const;
  v1::PushResponse PushLocked(Set inputs, const v1::PushRequest& request,
                              schema::Diagnostics diagnostics) WEIR_REQUIRES(mutex_);
  Outcome Apply(Change change, schema::Diagnostics diagnostics) WEIR_REQUIRES(mutex_);
  void Keep(Change& change, engine::SnapshotPtr snapshot, Outcome& outcome) WEIR_REQUIRES(mutex_);
  // Brings the store's clusters of the directory to those of `directory`.
  void KeepClusters(const Set& directory, std::vector<store::StoredResource>& put,
                    std::vector<store::ResourceName>& remove) const WEIR_REQUIRES(mutex_);
  std::optional<engine::SnapshotPtr> Combine(const Change& change,
                                             schema::Diagnostics& diagnostics) const
      WEIR_REQUIRES(mutex_);

  Options options_;
  mutable Mutex mutex_;
  Set pushed_ WEIR_GUARDED_BY(mutex_);
  Set directory_ WEIR_GUARDED_BY(mutex_);
  // The clusters of the directory that the store has in force, by name.
  HashMap<engine::ContentHash> kept_clusters_ WEIR_GUARDED_BY(mutex_);
  store::Revision revision_ WEIR_GUARDED_BY(mutex_);
  engine::SnapshotPtr snapshot_ WEIR_GUARDED_BY(mutex_);
  schema::Diagnostics directory_diagnostics_ WEIR_GUARDED_BY(mutex_);
};

}  // namespace weir::control
