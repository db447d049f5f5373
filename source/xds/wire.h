// Discovery requests and responses of both variants as plain structs. The only place that sees the
// messages.
//
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "source/event/clock.h"
#include "source/xds/transport.h"

namespace weir::xds {

struct WireResource {
  std::string type_url;              // Of the Any that holds the resource.
  std::string name;                  // Of the Resource around it; empty where there is none.
  std::string version;               // The same.
  std::optional<std::string> bytes;  // None: a heartbeat, which refreshes the time to live.
  std::optional<event::Duration> ttl;
};

struct WireResponse {
  std::string type_url;
  std::string version;
  std::string nonce;
  std::string control_plane;  // ControlPlane.identifier
  std::vector<WireResource> resources;
  std::vector<std::string> removed;  // Delta only.
};

struct WireRequest {
  std::string node;  // Serialised core.v3.Node; empty: none.
  std::string type_url;
  std::string nonce;
  std::optional<std::string> error;  // A NACK's text.
  // State of the world:
  std::string version;
  std::vector<std::string> names;
  // Delta:
  std::vector<std::string> subscribe;
  std::vector<std::string> unsubscribe;
  std::vector<std::pair<std::string, std::string>> initial_versions;
};

// InvalidArgument when the bytes are no such response.
absl::StatusOr<WireResponse> ParseResponse(Variant variant, std::string_view bytes);
std::string SerializeRequest(Variant variant, const WireRequest& request);

// `node` (a serialised core.v3.Node) with the client features that this client has. InvalidArgument
// when it is no Node.
absl::StatusOr<std::string> NodeWithFeatures(std::string_view node);

}  // namespace weir::xds
