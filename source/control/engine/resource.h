// One xDS resource as the control plane carries it: a name, the bytes that go on the wire, their
// hash, what it refers to, and where its author wrote it. Immutable and shared by every snapshot
// and stream that has it.
//
// Thread-safe: values behind shared_ptr<const>.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/control/engine/content_hash.h"

namespace weir::control::engine {

inline constexpr std::string_view kListenerType =
    "type.googleapis.com/envoy.config.listener.v3.Listener";
inline constexpr std::string_view kRouteType =
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
inline constexpr std::string_view kScopedRouteType =
    "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration";
inline constexpr std::string_view kVirtualHostType =
    "type.googleapis.com/envoy.config.route.v3.VirtualHost";
inline constexpr std::string_view kClusterType =
    "type.googleapis.com/envoy.config.cluster.v3.Cluster";
inline constexpr std::string_view kEndpointType =
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
inline constexpr std::string_view kSecretType =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
inline constexpr std::string_view kExtensionConfigType =
    "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";

// A place in an author's text. line 0: unknown; lines and columns count from 1.
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const SourcePosition&) const = default;
  // "file:line:column", as far as known.
  std::string ToText() const;
};

// An edge to another resource that must exist for this one to work.
struct Reference {
  std::string type_url;
  std::string name;
  std::string path;  // Of the field that holds it: "virtual_hosts[0].routes[1].route.cluster".
  SourcePosition position;  // Of that field.

  bool operator==(const Reference&) const = default;
};

struct Resource {
  std::string type_url;
  std::string name;
  std::string
      any;  // A serialized google.protobuf.Any: type URL and message, as it goes on the wire.
  ContentHash hash;  // Of the message's deterministic bytes.
  std::vector<Reference> references;
  SourcePosition source;
};

using ResourcePtr = std::shared_ptr<const Resource>;

// `bytes`: the message, serialized deterministically.
ResourcePtr MakeResource(std::string type_url, std::string name, std::string_view bytes,
                         std::vector<Reference> references = {}, SourcePosition source = {});

// The message's bytes inside resource.any.
std::string_view MessageBytes(const Resource& resource);

}  // namespace weir::control::engine
