// Files over the kernel: reads, replacing by rename, and watches by inotify.
//
// Read, WriteAtomically and List keep no state and may be called from the pool; Watch and the end
// of a watch are for the loop's thread. A watch sees its file through every symbolic link on the
// way and follows links that are swapped. It outlives neither this nor the loop.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "source/event/epoll_loop.h"
#include "source/event/files.h"
#include "source/event/link_chain.h"

namespace weir::event {

class SystemFiles final : public Files, private FdHandler {
 public:
  static absl::StatusOr<std::unique_ptr<SystemFiles>> Create(EpollLoop& loop);
  SystemFiles(const SystemFiles&) = delete;
  SystemFiles& operator=(const SystemFiles&) = delete;
  ~SystemFiles() override;

  absl::StatusOr<std::string> Read(const std::string& path, size_t max_bytes) override;
  absl::Status WriteAtomically(const std::string& path, std::string_view bytes) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  absl::StatusOr<std::unique_ptr<FileWatch>> Watch(const std::string& path,
                                                   std::function<void()> changed) override;

 private:
  class Watched;
  SystemFiles(EpollLoop& loop, int inotify_fd) : loop_(loop), inotify_fd_(inotify_fd) {}

  void OnEvents(uint32_t events) override;
  // Adds who is concerned by what happened to `name` in the directory that `descriptor` watches.
  void Concerned(int descriptor, uint32_t mask, const std::string& name,
                 std::set<Watched*>& concerned);
  // The kernel's watch of a directory, which is one for all that use it and never has the number of
  // one that is gone.
  absl::StatusOr<int> Use(const std::string& directory);
  void Release(int descriptor);

  EpollLoop& loop_;
  const int inotify_fd_;
  std::map<int, size_t> users_;  // By the kernel's watch.
  std::set<Watched*> watches_;
};

}  // namespace weir::event
