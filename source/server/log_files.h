// The access-log files of the process, and the thread that writes them.
//
// Each thread that logs has a ring of its own for each file: a record is copied into it with two
// plain stores and no lock. The writer takes what is there every flush interval, and earlier when a
// ring is half full. A ring that is full drops the record and counts it. Any thread; outlives every
// thread that logs.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "source/base/hash_map.h"
#include "source/base/mutex.h"
#include "source/filter/access_log.h"

namespace weir::server {

class LogFiles final : public filter::LogSinks {
 public:
  // Bytes a thread may have written to a file and the writer has not taken.
  static constexpr size_t kRingBytes = 256 * 1024;

  explicit LogFiles(std::chrono::milliseconds flush_interval);
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;
  // Writes what is left.
  ~LogFiles() override;

  std::shared_ptr<filter::LogSink> Open(const std::string& path) override;
  std::shared_ptr<filter::LogSink> OpenPrivate(const std::string& path) override;
  // Opens every file again by its path, so that a rotated one is let go.
  void Reopen();
  // Writes what all threads have logged so far.
  void Flush();
  // Records dropped because a ring was full or a file could not be opened.
  uint64_t dropped() const;

 private:
  class Ring;
  class File;
  std::shared_ptr<File> OpenWithMode(const std::string& path, mode_t mode);
  void WriteUntilStopped();
  void WakeWriter();
  std::vector<std::shared_ptr<File>> Opened() const;

  const std::chrono::milliseconds flush_interval_;
  mutable Mutex mutex_;
  CondVar wake_;
  bool stop_ WEIR_GUARDED_BY(mutex_) = false;
  bool woken_ WEIR_GUARDED_BY(mutex_) = false;
  HashMap<std::shared_ptr<File>> files_ WEIR_GUARDED_BY(mutex_);
  Mutex writing_;  // Held while files are written; who logs never waits for it.
  std::thread writer_;
};

}  // namespace weir::server
