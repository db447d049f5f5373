// The watched directory: YAML and JSON files with resources, read as one set whenever one of them
// changes.
//
// Reads through the Files seam and reports each set to its owner, who checks it and takes it over
// or keeps what was. Files whose name ends in .yaml, .yml or .json count, in the order of their
// names. Loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/event/files.h"

namespace weir::control::store {

struct TextFile {
  std::string path;
  std::string text;

  bool operator==(const TextFile&) const = default;
};

class Directory {
 public:
  static constexpr size_t kMaxFileBytes = 64 << 20;

  // `files` outlives the directory.
  Directory(event::Files& files, std::string path);

  // The whole set as it is now. An error names the file that cannot be read.
  absl::StatusOr<std::vector<TextFile>> Read() const;

  // From now on calls `changed` with the set, or with why it cannot be read, whenever it differs
  // from the last.
  absl::Status Watch(std::function<void(absl::StatusOr<std::vector<TextFile>>)> changed);

  const std::string& path() const { return path_; }

 private:
  void OnChange();

  event::Files& files_;
  const std::string path_;
  std::function<void(absl::StatusOr<std::vector<TextFile>>)> changed_;
  std::vector<TextFile> last_;
  std::unique_ptr<event::FileWatch> watch_;
};

}  // namespace weir::control::store
