// A file descriptor that is closed with its owner unless it was released. One thread.
#pragma once

#include <unistd.h>

#include <utility>

namespace weir {

class OwnedFd {
 public:
  // Below 0: none.
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }
  // close(2)'s answer: a late write error.
  int Close() { return close(Release()); }

 private:
  int fd_;
};

}  // namespace weir
