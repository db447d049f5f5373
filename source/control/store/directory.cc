#include "source/control/store/directory.h"

#include <string_view>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::control::store {
namespace {

bool IsConfiguration(std::string_view name) {
  return name.ends_with(".yaml") || name.ends_with(".yml") || name.ends_with(".json");
}

std::string WithoutSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

}  // namespace

Directory::Directory(event::Files& files, std::string path)
    : files_(files), path_(WithoutSlash(std::move(path))) {}

absl::StatusOr<std::vector<TextFile>> Directory::Read() const {
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> names, files_.List(path_));
  std::vector<TextFile> all;
  for (const std::string& name : names) {
    if (!IsConfiguration(name)) continue;
    std::string path = StrCat(path_, "/", name);
    WEIR_ASSIGN_OR_RETURN(std::string text, files_.Read(path, kMaxFileBytes));
    all.push_back({std::move(path), std::move(text)});
  }
  return all;
}

absl::Status Directory::Watch(std::function<void(absl::StatusOr<std::vector<TextFile>>)> changed) {
  changed_ = std::move(changed);
  WEIR_ASSIGN_OR_RETURN(watch_, files_.Watch(path_, [this] { OnChange(); }));
  return absl::OkStatus();
}

void Directory::OnChange() {
  absl::StatusOr<std::vector<TextFile>> now = Read();
  if (now.ok()) {
    if (*now == last_) return;
    last_ = *now;
  }
  changed_(std::move(now));
}

}  // namespace weir::control::store
