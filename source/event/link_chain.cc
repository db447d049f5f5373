#include "source/event/link_chain.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <string_view>

#include "source/base/strings.h"

namespace weir::event {
namespace {

constexpr int kMostLinks = 40;  // The kernel's own bound (path_resolution(7)).

// Puts the parts of `path` before those that wait.
void Prepend(std::string_view path, std::deque<std::string>& parts) {
  const std::vector<std::string_view> split = Split(path, '/');
  for (auto part = split.rbegin(); part != split.rend(); ++part) {
    if (!part->empty() && *part != ".") parts.emplace_front(*part);
  }
}

std::string Absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  char current[PATH_MAX];
  return getcwd(current, sizeof(current)) == nullptr ? path : StrCat(current, "/", path);
}

}  // namespace

std::vector<DirectoryEntry> FollowLinks(const std::string& path) {
  std::vector<DirectoryEntry> chain;
  std::deque<std::string> parts;
  Prepend(Absolute(path), parts);
  std::string directory;  // Without the slash at its end; empty is the root.
  int links = 0;
  while (!parts.empty()) {
    const std::string name = std::move(parts.front());
    parts.pop_front();
    if (name == "..") {
      directory.resize(directory.empty() ? 0 : directory.rfind('/'));
      continue;
    }
    const std::string full = StrCat(directory, "/", name);
    const DirectoryEntry entry{directory.empty() ? "/" : directory, name};
    struct stat facts;
    if (lstat(full.c_str(), &facts) != 0) {
      chain.push_back(entry);
      return chain;
    }
    if (S_ISLNK(facts.st_mode)) {
      chain.push_back(entry);
      char target[PATH_MAX];
      const ssize_t size = readlink(full.c_str(), target, sizeof(target));
      if (size <= 0 || ++links > kMostLinks) return chain;
      const std::string_view followed(target, static_cast<size_t>(size));
      if (followed.starts_with('/')) directory.clear();
      Prepend(followed, parts);
      continue;
    }
    if (parts.empty() && !S_ISDIR(facts.st_mode)) chain.push_back(entry);
    if (parts.empty() && S_ISDIR(facts.st_mode)) chain.push_back({full, ""});
    directory = full;
  }
  return chain;
}

}  // namespace weir::event
