// The graph of references between resources: what leads nowhere, and what nothing leads to.
//
// Pure functions of a snapshot. The control plane refuses a change whose references dangle (a proxy
// would answer 503 for them); an unreferenced resource is a warning.
#pragma once

#include <vector>

#include "source/control/engine/snapshot.h"

namespace weir::control::engine {

struct DanglingReference {
  ResourcePtr from;
  Reference reference;
};

// In the order of type and name of `from`. References within one resource keep their order.
std::vector<DanglingReference> FindDangling(const Snapshot& snapshot);

// Resources of types that are only of use to another resource (routes, clusters, endpoints,
// secrets) and that no resource names.
std::vector<ResourcePtr> FindUnreferenced(const Snapshot& snapshot);

}  // namespace weir::control::engine
