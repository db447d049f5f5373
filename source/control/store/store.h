// The control plane's memory: what was pushed, by whom, when and why, in one SQLite file.
//
//   Store::Open -> Load -> Commit, Commit, ...
//
// A commit is one transaction: a crash leaves the revision before or the one after. The file is in
// WAL mode, is checked at open, and carries a schema version. Not thread-safe; its owner serialises
// calls.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/control/engine/resource.h"

struct sqlite3;

namespace weir::control::store {

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::nanoseconds>;

struct StoredResource {
  std::string type_url;
  std::string name;
  std::string bytes;  // The message.
  engine::SourcePosition source;
  std::string text;       // Of the file it was written in; empty when it came as a message.
  uint64_t revision = 0;  // That last changed it.
  WallTime changed_at;
  // It is the watched directory's, and kept for who comes back after a restart.
  bool in_directory = false;
};

struct ResourceName {
  std::string type_url;
  std::string name;
};

struct Revision {
  uint64_t number = 0;
  WallTime time;
  std::string author;
  std::string message;
  std::string origin;  // "push", "delete", "directory".
  std::string digest;  // Of the whole set in force.
};

class Store {
 public:
  // An empty `path` is a store in memory; the file's mode is made 0600. Errors name the file and
  // what is wrong: a damaged file and one of a newer schema are refused.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path);
  ~Store();

  // Makes the next revision; its number. `expected` not equal to the newest: kAborted, and nothing
  // is done.
  absl::StatusOr<uint64_t> Commit(uint64_t expected, const Revision& about,
                                  const std::vector<StoredResource>& put,
                                  const std::vector<ResourceName>& remove);

  // What is in force, sorted by type URL and name.
  absl::StatusOr<std::vector<StoredResource>> Load() const;
  // What was in force at `revision`; of one type alone unless `type_url` is empty.
  absl::StatusOr<std::vector<StoredResource>> LoadAt(uint64_t revision,
                                                     std::string_view type_url = {}) const;
  // The newest revisions, at most `limit`, that changed something of the type; newest first.
  absl::StatusOr<std::vector<uint64_t>> RevisionsOf(std::string_view type_url, size_t limit) const;
  // Newest first, at most `limit`.
  absl::StatusOr<std::vector<Revision>> Revisions(size_t limit) const;
  // The newest; number 0 in a new store.
  absl::StatusOr<Revision> Newest() const;

 private:
  explicit Store(sqlite3* database) : database_(database) {}
  absl::Status Prepare();
  absl::Status Execute(const char* sql) const;
  std::string Ask(std::string_view sql) const;
  absl::Status Write(uint64_t number, const Revision& about, const std::vector<StoredResource>& put,
                     const std::vector<ResourceName>& remove);
  absl::Status Put(uint64_t number, const StoredResource& resource);
  absl::Status Remove(uint64_t number, const std::string& type_url, const std::string& name);

  sqlite3* const database_;
};

}  // namespace weir::control::store
