// The configuration that a run pushes, and how it changes: listeners, routes, clusters and
// endpoints, a change of each kind in turn. Every generation puts its number into each answer
// ("x-generation"), and the listeners' changes theirs into "server".
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "test/interop/timeline.h"

namespace weir::interop {

struct Ports {
  uint16_t steady = 0;  // A listener that never changes.
  uint16_t edge = 0;    // One that changes, is renamed and gets other socket options.
  uint16_t extra = 0;   // One that comes and goes.
};

enum class Change {
  kRoutes,
  kEndpoints,
  kClusterName,
  kListener,
  kListenerName,
  kListenerSocket,
  kClusterSettings,
  kExtraListener,
};
std::string_view NameOf(Change change);

class Plan {
 public:
  // `upstreams`: at least four, name and port. `both_protocols`: one of the clusters speaks HTTP/2.
  Plan(Ports ports, std::vector<std::pair<std::string, uint16_t>> upstreams, bool both_protocols);

  // The kind of the change that Advance() makes next.
  Change next() const;
  void Advance();

  Timeline::Facts facts() const;
  // The whole configuration as YAML, with this in "x-generation". `also` are further resources.
  std::string ToYaml(std::string_view generation, std::string_view also = "") const;
  // What "server" says on the listeners that change.
  std::string server_name() const;
  bool has_extra() const { return extra_; }

  // A listener that a proxy cannot have, on a port that is in use: found out by the proxy alone.
  static std::string UnbindableListener(uint16_t port);
  // With a route to a cluster that is not there: refused by the control plane.
  std::string YamlWithDanglingRoute() const;
  // With a field that does not exist.
  std::string YamlWithUnknownField() const;

 private:
  struct Cluster {
    int renamed = 0;
    int settings = 0;
    size_t first_upstream = 0;  // It has two.
    int weight = 1;
  };

  std::string NameOfCluster(const std::string& colour) const;
  std::string ClusterYaml(const std::string& colour) const;
  std::string EndpointsYaml(const std::string& colour) const;
  std::string ListenerYaml(std::string_view name, uint16_t port, std::string_view server,
                           int backlog) const;
  std::string RoutesYaml(std::string_view generation) const;

  const Ports ports_;
  const std::vector<std::pair<std::string, uint16_t>> upstreams_;
  const bool both_protocols_;
  uint64_t changes_ = 0;
  std::map<std::string, Cluster> clusters_;
  int listener_ = 0;
  int listener_name_ = 0;
  int listener_socket_ = 0;
  bool extra_ = true;
};

}  // namespace weir::interop
