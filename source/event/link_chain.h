// What has to be watched to hear of changes of a path: every symbolic link on the way to the file,
// and the file itself, each as an entry of a directory.
//
// A mounted Kubernetes volume is why: file -> ..data/file, ..data -> ..2024_01_01, and an update
// swaps
// ..data alone.
#pragma once

#include <string>
#include <vector>

namespace weir::event {

struct DirectoryEntry {
  std::string directory;  // Without links, as found now.
  std::string name;       // Empty: every entry of it.
  friend bool operator==(const DirectoryEntry&, const DirectoryEntry&) = default;
};

// `path` followed through at most 40 links. Where it ends in a directory, the last entry is every
// entry of that. What does not exist ends the chain with the entry that is missing.
std::vector<DirectoryEntry> FollowLinks(const std::string& path);

}  // namespace weir::event
