#include "source/control/engine/reference_graph.h"

#include <array>
#include <string>

#include "source/base/hash_map.h"
#include "source/base/strings.h"

namespace weir::control::engine {
namespace {

constexpr std::array kNeedsUser = {kRouteType,    kVirtualHostType, kClusterType,
                                   kEndpointType, kSecretType,      kExtensionConfigType};

std::string Key(std::string_view type_url, std::string_view name) {
  return StrCat(type_url, "\n", name);
}

}  // namespace

std::vector<DanglingReference> FindDangling(const Snapshot& snapshot) {
  std::vector<DanglingReference> dangling;
  for (const auto& view : snapshot.types()) {
    for (const ResourcePtr& resource : view->resources()) {
      for (const Reference& reference : resource->references) {
        if (snapshot.FindResource(reference.type_url, reference.name) == nullptr) {
          dangling.push_back({resource, reference});
        }
      }
    }
  }
  return dangling;
}

std::vector<ResourcePtr> FindUnreferenced(const Snapshot& snapshot) {
  HashSet used;
  for (const auto& view : snapshot.types()) {
    for (const ResourcePtr& resource : view->resources()) {
      for (const Reference& reference : resource->references) {
        used.insert(Key(reference.type_url, reference.name));
      }
    }
  }
  std::vector<ResourcePtr> unreferenced;
  for (std::string_view type_url : kNeedsUser) {
    const TypeView* view = snapshot.Find(type_url);
    if (view == nullptr) continue;
    for (const ResourcePtr& resource : view->resources()) {
      if (!used.contains(Key(type_url, resource->name))) unreferenced.push_back(resource);
    }
  }
  return unreferenced;
}

}  // namespace weir::control::engine
