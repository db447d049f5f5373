// Files in memory, with watches whose calls come from the loop.
//
// Paths are plain strings: a directory exists as soon as a file lies in it. Symbolic links are not
// modelled; a swapped link is a Write of the file that it leads to.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/event/files.h"
#include "source/event/loop.h"

namespace weir::fakes {

class FakeFiles final : public event::Files {
 public:
  explicit FakeFiles(event::Loop& loop);
  FakeFiles(const FakeFiles&) = delete;
  FakeFiles& operator=(const FakeFiles&) = delete;
  ~FakeFiles() override;

  // What the test does to the disk. Watches of the file and of its directory are told in a later
  // turn.
  void Write(const std::string& path, std::string_view bytes);
  void Remove(const std::string& path);
  // Every operation on `path` fails with `status` until it is OK again.
  void SetError(const std::string& path, absl::Status status);
  bool Exists(const std::string& path) const { return files_.contains(path); }
  size_t watches() const;

  // Files:
  absl::StatusOr<std::string> Read(const std::string& path, size_t max_bytes) override;
  absl::Status WriteAtomically(const std::string& path, std::string_view bytes) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  absl::StatusOr<std::unique_ptr<event::FileWatch>> Watch(const std::string& path,
                                                          std::function<void()> changed) override;

 private:
  class Watched;
  struct Watchers;

  absl::Status ErrorOf(const std::string& path) const;
  bool IsDirectory(const std::string& path) const;
  void Notify(const std::string& path);

  event::Loop& loop_;
  std::map<std::string, std::string> files_;
  std::map<std::string, absl::Status> errors_;
  std::shared_ptr<Watchers> watchers_;  // Shared with the watches, which may outlive this.
};

}  // namespace weir::fakes
