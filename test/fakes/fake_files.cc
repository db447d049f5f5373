#include "test/fakes/fake_files.h"

#include <utility>

#include "source/base/status.h"

namespace weir::fakes {
namespace {

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

struct FakeFiles::Watchers {
  std::vector<Watched*> all;
};

class FakeFiles::Watched final : public event::FileWatch {
 public:
  Watched(std::shared_ptr<Watchers> watchers, std::string path, std::function<void()> changed)
      : path_(std::move(path)),
        changed_(std::make_shared<std::function<void()>>(std::move(changed))),
        watchers_(std::move(watchers)) {
    watchers_->all.push_back(this);
  }
  ~Watched() override { std::erase(watchers_->all, this); }

  const std::string& path() const { return path_; }

  // Several changes before the call comes are one call; none comes once the watch is gone.
  void PostTo(event::Loop& loop) {
    if (std::exchange(*pending_, true)) return;
    loop.Post([changed = std::weak_ptr(changed_), pending = pending_] {
      *pending = false;
      if (const auto call = changed.lock()) (*call)();
    });
  }

 private:
  const std::string path_;
  const std::shared_ptr<std::function<void()>> changed_;
  const std::shared_ptr<bool> pending_ = std::make_shared<bool>(false);
  const std::shared_ptr<Watchers> watchers_;
};

FakeFiles::FakeFiles(event::Loop& loop) : loop_(loop), watchers_(std::make_shared<Watchers>()) {}
FakeFiles::~FakeFiles() = default;

void FakeFiles::Write(const std::string& path, std::string_view bytes) {
  files_[path] = std::string(bytes);
  Notify(path);
}

void FakeFiles::Remove(const std::string& path) {
  if (files_.erase(path) > 0) Notify(path);
}

void FakeFiles::SetError(const std::string& path, absl::Status status) {
  errors_[path] = std::move(status);
}

size_t FakeFiles::watches() const { return watchers_->all.size(); }

absl::Status FakeFiles::ErrorOf(const std::string& path) const {
  const auto found = errors_.find(path);
  return found == errors_.end() ? absl::OkStatus() : found->second;
}

bool FakeFiles::IsDirectory(const std::string& path) const {
  const auto first = files_.lower_bound(path + "/");
  return first != files_.end() && first->first.starts_with(path + "/");
}

void FakeFiles::Notify(const std::string& path) {
  const std::string directory = DirectoryOf(path);
  for (Watched* watch : watchers_->all) {
    if (watch->path() == path || watch->path() == directory) watch->PostTo(loop_);
  }
}

absl::StatusOr<std::string> FakeFiles::Read(const std::string& path, size_t max_bytes) {
  WEIR_RETURN_IF_ERROR(ErrorOf(path));
  const auto found = files_.find(path);
  if (found == files_.end()) return NotFound(StrCat(path, ": No such file or directory"));
  if (found->second.size() > max_bytes) {
    return absl::ResourceExhaustedError(
        StrCat(path, ": ", found->second.size(), " bytes, above the limit of ", max_bytes));
  }
  return found->second;
}

absl::Status FakeFiles::WriteAtomically(const std::string& path, std::string_view bytes) {
  WEIR_RETURN_IF_ERROR(ErrorOf(path));
  Write(path, bytes);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> FakeFiles::List(const std::string& directory) {
  WEIR_RETURN_IF_ERROR(ErrorOf(directory));
  if (!IsDirectory(directory)) return NotFound(StrCat(directory, ": No such file or directory"));
  std::vector<std::string> names;
  for (const auto& [path, bytes] : files_) {
    if (DirectoryOf(path) != directory) continue;
    std::string name = path.substr(directory.size() + 1);
    if (!name.starts_with('.')) names.push_back(std::move(name));
  }
  return names;
}

absl::StatusOr<std::unique_ptr<event::FileWatch>> FakeFiles::Watch(const std::string& path,
                                                                   std::function<void()> changed) {
  WEIR_RETURN_IF_ERROR(ErrorOf(path));
  if (!files_.contains(path) && !IsDirectory(path)) {
    return NotFound(StrCat(path, ": No such file or directory"));
  }
  return std::make_unique<Watched>(watchers_, path, std::move(changed));
}

}  // namespace weir::fakes
