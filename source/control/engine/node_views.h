// What a single client sees beside what all see, and which node it may be. Handed to the Engine,
// which asks on its own thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "source/control/engine/node_status.h"
#include "source/control/engine/request.h"
#include "source/control/engine/resource.h"

namespace weir::control::engine {

class NodeViews {
 public:
  virtual ~NodeViews() = default;

  // Whether a client whom the transport knows as `identity` may be `node`. An error ends its
  // stream.
  virtual absl::Status Admit(const std::string& identity, const Node& node) = 0;

  struct Own {
    std::vector<ResourcePtr> resources;  // In place of resources of the same name that all see.
    Time ask_again;
  };
  // Called after Admit, and again at `ask_again`.
  virtual Own ResourcesOf(const std::string& identity, const Node& node, Time now) = 0;
};

}  // namespace weir::control::engine
