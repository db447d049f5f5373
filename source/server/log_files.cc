#include "source/server/log_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "source/base/log.h"

namespace weir::server {

// One writing thread, one reading thread. Positions only grow; their difference is what waits.
class LogFiles::Ring {
 public:
  // False when there is no room for all of it.
  bool Put(std::string_view line) {
    const uint64_t end = end_.load(std::memory_order_relaxed);
    const uint64_t begin = begin_.load(std::memory_order_acquire);
    if (line.size() > kRingBytes - (end - begin)) return false;
    const size_t at = end % kRingBytes;
    const size_t first = std::min(line.size(), kRingBytes - at);
    std::memcpy(bytes_.get() + at, line.data(), first);
    std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
    end_.store(end + line.size(), std::memory_order_release);
    return true;
  }
  size_t waiting() const {
    return end_.load(std::memory_order_acquire) - begin_.load(std::memory_order_acquire);
  }
  // Hands what waits to `write` in at most two pieces.
  template <typename Write>
  void Take(Write write) {
    const uint64_t begin = begin_.load(std::memory_order_relaxed);
    const uint64_t end = end_.load(std::memory_order_acquire);
    const size_t at = begin % kRingBytes;
    const size_t size = end - begin;
    const size_t first = std::min(size, kRingBytes - at);
    if (first > 0) write(std::string_view(bytes_.get() + at, first));
    if (size > first) write(std::string_view(bytes_.get(), size - first));
    begin_.store(end, std::memory_order_release);
  }

 private:
  std::unique_ptr<char[]> bytes_ = std::make_unique<char[]>(kRingBytes);
  std::atomic<uint64_t> begin_{0};
  std::atomic<uint64_t> end_{0};
};

class LogFiles::File final : public filter::LogSink {
 public:
  // `mode`: of the file, where it is made.
  File(LogFiles& files, std::string path, mode_t mode)
      : files_(files), path_(std::move(path)), mode_(mode) {
    OpenAgain();
  }
  ~File() override { CloseFile(); }

  void Write(std::string_view line) override {
    Ring& ring = RingOfThisThread();
    if (!ring.Put(line)) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      files_.WakeWriter();
    } else if (ring.waiting() > kRingBytes / 2 &&
               !asked_.exchange(true, std::memory_order_relaxed)) {
      files_.WakeWriter();
    }
  }

  // Writer's thread, or with it stopped.
  void Drain() {
    asked_.store(false, std::memory_order_relaxed);
    std::vector<Ring*> rings;
    {
      MutexLock lock(mutex_);
      for (const auto& ring : rings_) rings.push_back(ring.get());
    }
    for (Ring* ring : rings) {
      ring->Take([this](std::string_view bytes) { WriteOut(bytes); });
    }
  }

  void OpenAgain() {
    CloseFile();
    fd_ = path_ == "/dev/stdout" ? STDOUT_FILENO
          : path_ == "/dev/stderr"
              ? STDERR_FILENO
              : ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, mode_);
    if (fd_ < 0) {
      WEIR_LOG(kFile, kError, "log ", path_, " cannot be opened: ", std::strerror(errno));
    }
  }
  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  Ring& RingOfThisThread() {
    struct Cached {
      uint64_t file;
      Ring* ring;
    };
    static thread_local std::vector<Cached> cached;
    for (const Cached& each : cached) {
      if (each.file == id_) return *each.ring;
    }
    MutexLock lock(mutex_);
    rings_.push_back(std::make_unique<Ring>());
    cached.push_back({id_, rings_.back().get()});
    return *rings_.back();
  }

  void WriteOut(std::string_view bytes) {
    while (!bytes.empty() && fd_ >= 0) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) break;
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    if (!bytes.empty()) dropped_.fetch_add(1, std::memory_order_relaxed);
  }

  void CloseFile() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
    fd_ = -1;
  }

  static uint64_t NextId() {
    static std::atomic<uint64_t> next{0};
    return next.fetch_add(1, std::memory_order_relaxed);
  }

  LogFiles& files_;
  const uint64_t id_ =
      NextId();  // Threads know it by this: another may come to lie at its address.
  const std::string path_;
  const mode_t mode_;
  int fd_ = -1;
  std::atomic<bool> asked_{false};  // The writer was asked to come since it last came.
  std::atomic<uint64_t> dropped_{0};
  Mutex mutex_;
  std::vector<std::unique_ptr<Ring>> rings_ WEIR_GUARDED_BY(mutex_);
};

LogFiles::LogFiles(std::chrono::milliseconds flush_interval)
    : flush_interval_(flush_interval), writer_([this] { WriteUntilStopped(); }) {}

LogFiles::~LogFiles() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  wake_.Signal();
  writer_.join();
  Flush();
}

std::shared_ptr<filter::LogSink> LogFiles::Open(const std::string& path) {
  return OpenWithMode(path, 0644);
}

std::shared_ptr<filter::LogSink> LogFiles::OpenPrivate(const std::string& path) {
  return OpenWithMode(path, 0600);
}

std::shared_ptr<LogFiles::File> LogFiles::OpenWithMode(const std::string& path, mode_t mode) {
  MutexLock lock(mutex_);
  std::shared_ptr<File>& file = files_[path];
  if (file == nullptr) file = std::make_shared<File>(*this, path, mode);
  return file;
}

std::vector<std::shared_ptr<LogFiles::File>> LogFiles::Opened() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<File>> files;
  for (const auto& [path, file] : files_) files.push_back(file);
  return files;
}

void LogFiles::Reopen() {
  const std::vector<std::shared_ptr<File>> files = Opened();
  MutexLock lock(writing_);
  for (const auto& file : files) {
    file->Drain();
    file->OpenAgain();
  }
}

void LogFiles::Flush() {
  const std::vector<std::shared_ptr<File>> files = Opened();
  MutexLock lock(writing_);
  for (const auto& file : files) file->Drain();
}

uint64_t LogFiles::dropped() const {
  uint64_t dropped = 0;
  for (const auto& file : Opened()) dropped += file->dropped();
  return dropped;
}

void LogFiles::WakeWriter() {
  {
    MutexLock lock(mutex_);
    woken_ = true;
  }
  wake_.Signal();
}

void LogFiles::WriteUntilStopped() {
  for (;;) {
    {
      MutexLock lock(mutex_);
      const auto until = std::chrono::steady_clock::now() + flush_interval_;
      while (!stop_ && !woken_ && wake_.WaitUntil(mutex_, until)) {
      }
      woken_ = false;
      if (stop_) return;
    }
    Flush();
  }
}

}  // namespace weir::server
