// Files, as a seam: read whole, replace at once, watch. Main thread and the pool; never a worker.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::event {

// Stops watching when destroyed.
class FileWatch {
 public:
  virtual ~FileWatch() = default;
};

class Files {
 public:
  virtual ~Files() = default;

  // The whole file. Errors name the path and the system's reason; above `max_bytes` is an error.
  virtual absl::StatusOr<std::string> Read(const std::string& path, size_t max_bytes) = 0;
  // Replaces `path` so that a reader sees the old or the new bytes, never a part (temporary file,
  // fsync, rename). Mode 0600 for a new file.
  virtual absl::Status WriteAtomically(const std::string& path, std::string_view bytes) = 0;
  // Names (not paths) of the plain files in a directory, sorted; those that begin with '.' are left
  // out.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& directory) = 0;
  // Calls `changed` on the loop's thread after a file at `path`, or in the directory `path`, was
  // written and closed, moved in or removed; several changes may come as one call. Follows symbolic
  // links that are swapped (Kubernetes' ..data). The path must exist.
  virtual absl::StatusOr<std::unique_ptr<FileWatch>> Watch(const std::string& path,
                                                           std::function<void()> changed) = 0;
};

}  // namespace weir::event
