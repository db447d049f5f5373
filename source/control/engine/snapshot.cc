#include "source/control/engine/snapshot.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <tuple>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::control::engine {
namespace {

uint64_t NextId() {
  static std::atomic<uint64_t> next = 1;
  return next.fetch_add(1, std::memory_order_relaxed);
}

// Names by which two lists, both sorted by name, differ.
std::vector<std::string> ChangedNames(const std::vector<ResourcePtr>& before,
                                      const std::vector<ResourcePtr>& after) {
  std::vector<std::string> changed;
  auto old_one = before.begin();
  auto new_one = after.begin();
  while (old_one != before.end() || new_one != after.end()) {
    if (new_one == after.end() ||
        (old_one != before.end() && (*old_one)->name < (*new_one)->name)) {
      changed.push_back((*old_one++)->name);
    } else if (old_one == before.end() || (*new_one)->name < (*old_one)->name) {
      changed.push_back((*new_one++)->name);
    } else {
      if ((*old_one)->hash != (*new_one)->hash) changed.push_back((*new_one)->name);
      ++old_one;
      ++new_one;
    }
  }
  return changed;
}

std::string Place(const Resource& resource) {
  return resource.source.file.empty() ? std::string("an unnamed source") : resource.source.ToText();
}

}  // namespace

ContentHash VersionOf(const std::vector<ResourcePtr>& resources) {
  ContentHasher hasher;
  for (const ResourcePtr& resource : resources) {
    hasher.AddDelimited(resource->name);
    hasher.Add(resource->hash);
  }
  return hasher.Finish();
}

TypeView::TypeView(std::string type_url, std::vector<ResourcePtr> resources,
                   const TypeView* previous)
    : type_url_(std::move(type_url)),
      resources_(std::move(resources)),
      version_(VersionOf(resources_)),
      id_(NextId()) {
  if (previous == nullptr) return;
  previous_id_ = previous->id();
  changed_ = ChangedNames(previous->resources(), resources_);
}

ResourcePtr TypeView::Find(std::string_view name) const {
  const auto found = std::lower_bound(
      resources_.begin(), resources_.end(), name,
      [](const ResourcePtr& resource, std::string_view wanted) { return resource->name < wanted; });
  if (found == resources_.end() || (*found)->name != name) return nullptr;
  return *found;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::Build(std::string label,
                                                                std::vector<ResourcePtr> resources,
                                                                const Snapshot* previous) {
  std::sort(resources.begin(), resources.end(), [](const ResourcePtr& a, const ResourcePtr& b) {
    return std::tie(a->type_url, a->name) < std::tie(b->type_url, b->name);
  });
  for (size_t i = 1; i < resources.size(); ++i) {
    const Resource& a = *resources[i - 1];
    const Resource& b = *resources[i];
    if (a.type_url == b.type_url && a.name == b.name) {
      return InvalidArgument(StrCat(Place(b), ": ", b.type_url, " \"", b.name,
                                    "\" is defined twice; the other one is at ", Place(a)));
    }
  }
  auto snapshot = std::shared_ptr<Snapshot>(new Snapshot());
  snapshot->label_ = std::move(label);
  snapshot->sequence_ = previous == nullptr ? 1 : previous->sequence() + 1;
  for (auto begin = resources.begin(); begin != resources.end();) {
    auto end = std::find_if(begin, resources.end(), [&](const ResourcePtr& resource) {
      return resource->type_url != (*begin)->type_url;
    });
    snapshot->AddType({begin, end}, previous);
    begin = end;
  }
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

void Snapshot::AddType(std::vector<ResourcePtr> resources, const Snapshot* previous) {
  const std::string& type_url = resources.front()->type_url;
  std::shared_ptr<const TypeView> before;
  if (previous != nullptr) {
    for (const auto& view : previous->types()) {
      if (view->type_url() == type_url) before = view;
    }
  }
  if (before != nullptr) {
    bool same = before->resources().size() == resources.size();
    for (ResourcePtr& resource : resources) {
      ResourcePtr known = before->Find(resource->name);
      if (known != nullptr && known->hash == resource->hash && known->source == resource->source &&
          known->references == resource->references) {
        resource = std::move(known);
      } else {
        same = false;
      }
    }
    if (same) {
      types_.push_back(std::move(before));
      return;
    }
  }
  std::string name = type_url;
  types_.push_back(
      std::make_shared<const TypeView>(std::move(name), std::move(resources), before.get()));
}

std::shared_ptr<const Snapshot> Snapshot::Overlay(const Snapshot& base,
                                                  std::vector<ResourcePtr> own,
                                                  const Snapshot* previous) {
  std::map<std::string, std::map<std::string, ResourcePtr>> by_type;
  for (ResourcePtr& resource : own) {
    ResourcePtr& slot = by_type[resource->type_url][resource->name];
    slot = std::move(resource);
  }
  auto snapshot = std::shared_ptr<Snapshot>(new Snapshot());
  snapshot->label_ = base.label();
  const uint64_t before = previous == nullptr ? 0 : previous->sequence();
  snapshot->sequence_ = std::max(before, base.sequence()) + 1;
  for (const auto& view : base.types()) {
    const auto found = by_type.find(view->type_url());
    if (found == by_type.end()) {
      snapshot->types_.push_back(view);
    } else {
      for (const ResourcePtr& resource : view->resources()) {
        found->second.emplace(resource->name, resource);
      }
    }
  }
  for (auto& [type_url, resources] : by_type) {
    std::vector<ResourcePtr> sorted;
    for (auto& [name, resource] : resources) sorted.push_back(std::move(resource));
    snapshot->AddType(std::move(sorted), previous);
  }
  std::sort(snapshot->types_.begin(), snapshot->types_.end(),
            [](const auto& a, const auto& b) { return a->type_url() < b->type_url(); });
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

std::shared_ptr<const Snapshot> Snapshot::Empty() { return *Build("empty", {}, nullptr); }

std::shared_ptr<const Snapshot> Snapshot::Relabel(const Snapshot& snapshot, std::string label) {
  auto copy = std::shared_ptr<Snapshot>(new Snapshot(snapshot));
  copy->label_ = std::move(label);
  return copy;
}

const TypeView* Snapshot::Find(std::string_view type_url) const {
  for (const auto& view : types_) {
    if (view->type_url() == type_url) return view.get();
  }
  return nullptr;
}

ResourcePtr Snapshot::FindResource(std::string_view type_url, std::string_view name) const {
  const TypeView* view = Find(type_url);
  return view == nullptr ? nullptr : view->Find(name);
}

size_t Snapshot::size() const {
  size_t count = 0;
  for (const auto& view : types_) count += view->resources().size();
  return count;
}

}  // namespace weir::control::engine
