#include "source/event/system_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "source/base/owned_fd.h"
#include "source/base/status.h"

namespace weir::event {
namespace {

// A file that is created is heard of when it is closed; a link that is created has nothing to
// close.
constexpr uint32_t kWatched = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |
                              IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool IsLink(const std::string& path) {
  struct stat facts;
  return lstat(path.c_str(), &facts) == 0 && S_ISLNK(facts.st_mode);
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

class SystemFiles::Watched final : public FileWatch {
 public:
  Watched(SystemFiles& files, std::string path, std::function<void()> changed)
      : files_(files), path_(std::move(path)), changed_(std::move(changed)) {
    files_.watches_.insert(this);
  }
  ~Watched() override {
    files_.watches_.erase(this);
    for (const Link& link : chain_) files_.Release(link.descriptor);
  }

  // Looks again what the path leads through. The new directories are taken before the old ones are
  // let go, so that nothing that stays is unwatched for a moment.
  absl::Status Follow() {
    std::vector<Link> chain;
    absl::Status status;
    for (DirectoryEntry& entry : FollowLinks(path_)) {
      const absl::StatusOr<int> descriptor = files_.Use(entry.directory);
      if (descriptor.ok()) {
        chain.push_back(Link{std::move(entry), *descriptor});
      } else {
        status = descriptor.status();
      }
    }
    chain_.swap(chain);
    for (const Link& link : chain) files_.Release(link.descriptor);
    return status;
  }

  bool ConcernedBy(int descriptor, uint32_t mask, const std::string& name) const {
    return std::any_of(chain_.begin(), chain_.end(), [&](const Link& link) {
      if (link.descriptor != descriptor) return false;
      if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0) return true;
      const bool is_link = IsLink(StrCat(link.entry.directory, "/", name));
      if ((mask & IN_CREATE) != 0 && !is_link) return false;
      if (!link.entry.name.empty()) return link.entry.name == name;
      return !name.starts_with('.') || is_link;
    });
  }

  void Tell() { changed_(); }

 private:
  struct Link {
    DirectoryEntry entry;
    int descriptor;
  };

  SystemFiles& files_;
  const std::string path_;
  const std::function<void()> changed_;
  std::vector<Link> chain_;
};

absl::StatusOr<std::unique_ptr<SystemFiles>> SystemFiles::Create(EpollLoop& loop) {
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return FromErrno(errno, "inotify_init1");
  std::unique_ptr<SystemFiles> files(new SystemFiles(loop, fd));
  WEIR_RETURN_IF_ERROR(loop.Register(fd, *files, EPOLLIN));
  return files;
}

SystemFiles::~SystemFiles() {
  loop_.Forget(inotify_fd_);
  close(inotify_fd_);
}

absl::StatusOr<std::string> SystemFiles::Read(const std::string& path, size_t max_bytes) {
  const OwnedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return FromErrno(errno, path);
  std::string bytes;
  constexpr size_t kStep = 64 * 1024;
  for (;;) {
    const size_t before = bytes.size();
    bytes.resize(before + kStep);
    const ssize_t n = read(fd.get(), bytes.data() + before, kStep);
    bytes.resize(before + (n > 0 ? static_cast<size_t>(n) : 0));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FromErrno(errno, path);
    if (bytes.size() > max_bytes) {
      return absl::ResourceExhaustedError(
          StrCat(path, ": the file is larger than ", max_bytes, " bytes"));
    }
    if (n == 0) return bytes;
  }
}

absl::Status SystemFiles::WriteAtomically(const std::string& path, std::string_view bytes) {
  const std::string directory = DirectoryOf(path);
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  std::string temporary = StrCat(directory, "/.", name, ".XXXXXX");
  OwnedFd fd(mkostemp(temporary.data(), O_CLOEXEC));  // With mode 0600.
  if (fd.get() < 0) return FromErrno(errno, StrCat("cannot make a file beside ", path));
  struct stat old;
  bool done = stat(path.c_str(), &old) != 0 || fchmod(fd.get(), old.st_mode & 07777) == 0;
  done = done && WriteAll(fd.get(), bytes) && fsync(fd.get()) == 0 && fd.Close() == 0 &&
         rename(temporary.c_str(), path.c_str()) == 0;
  if (!done) {
    const absl::Status status = FromErrno(errno, StrCat("cannot write ", path));
    unlink(temporary.c_str());
    return status;
  }
  // The rename itself reaches the disk with the directory.
  const OwnedFd parent(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (parent.get() >= 0) fsync(parent.get());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> SystemFiles::List(const std::string& directory) {
  DIR* const stream = opendir(directory.c_str());
  if (stream == nullptr) return FromErrno(errno, directory);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(stream)) {
    if (entry->d_name[0] == '.') continue;
    struct stat facts;
    if (stat(StrCat(directory, "/", entry->d_name).c_str(), &facts) == 0 &&
        S_ISREG(facts.st_mode)) {
      names.emplace_back(entry->d_name);
    }
  }
  closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<std::unique_ptr<FileWatch>> SystemFiles::Watch(const std::string& path,
                                                              std::function<void()> changed) {
  if (access(path.c_str(), F_OK) != 0) return FromErrno(errno, path);
  auto watch = std::make_unique<Watched>(*this, path, std::move(changed));
  WEIR_RETURN_IF_ERROR(Annotate(watch->Follow(), StrCat("cannot watch ", path)));
  return watch;
}

absl::StatusOr<int> SystemFiles::Use(const std::string& directory) {
  const int descriptor = inotify_add_watch(inotify_fd_, directory.c_str(), kWatched);
  if (descriptor < 0) return FromErrno(errno, directory);
  ++users_[descriptor];
  return descriptor;
}

void SystemFiles::Release(int descriptor) {
  const auto found = users_.find(descriptor);
  if (found == users_.end() || --found->second > 0) return;
  users_.erase(found);
  inotify_rm_watch(inotify_fd_, descriptor);
}

void SystemFiles::Concerned(int descriptor, uint32_t mask, const std::string& name,
                            std::set<Watched*>& concerned) {
  if ((mask & IN_Q_OVERFLOW) != 0) {  // Events were lost: anything may have changed.
    concerned = watches_;
    return;
  }
  if (!users_.contains(descriptor)) return;
  for (Watched* watch : watches_) {
    if (watch->ConcernedBy(descriptor, mask, name)) concerned.insert(watch);
  }
  if ((mask & IN_IGNORED) != 0) users_.erase(descriptor);  // It is gone with its directory.
}

void SystemFiles::OnEvents(uint32_t) {
  alignas(inotify_event) char events[8192];
  std::set<Watched*> concerned;
  for (;;) {
    const ssize_t size = read(inotify_fd_, events, sizeof(events));
    if (size <= 0) break;
    for (const char* at = events; at < events + size;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof(event));
      const char* name = at + sizeof(event);
      Concerned(event.wd, event.mask, std::string(name, strnlen(name, event.len)), concerned);
      at += sizeof(event) + event.len;
    }
  }
  for (Watched* watch : concerned) {
    if (!watches_.contains(watch)) continue;  // A callback has ended it.
    // What cannot be watched any more (it is gone) is found again when it comes back into a
    // directory that still is.
    watch->Follow().IgnoreError();
    watch->Tell();
  }
}

}  // namespace weir::event
