// Asking for the resources that other resources name: endpoints by clusters, routes by listeners.
#pragma once

#include <string>

#include "source/config/source.h"

namespace weir::server {

class Subscriber {
 public:
  // Counted by name and source; an answer, or its absence in time, comes to the director of that
  // type. `stats` is the subscription's place under the type's prefix in the names of stats, such
  // as "web" under "cluster.".
  virtual void Subscribe(const std::string& name, const config::ConfigSource& source,
                         const std::string& stats) = 0;
  virtual void Unsubscribe(const std::string& name, const config::ConfigSource& source,
                           const std::string& stats) = 0;

 protected:
  ~Subscriber() = default;
};

}  // namespace weir::server
