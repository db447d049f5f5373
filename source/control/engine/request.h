// One request of a discovery stream, of either variant, as plain values.
//
// Decoding is apart from the protocol, so that the state machines are tested without bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::control::engine {

enum class Variant { kSotw, kDelta };

// What the control plane wants to know of a client.
struct Node {
  std::string id;
  std::string cluster;
  std::string user_agent;  // Name and version.
  std::vector<std::string> client_features;
};

// The client's words when it refuses a response.
struct Rejection {
  int code = 0;  // A gRPC status code.
  std::string message;

  bool operator==(const Rejection&) const = default;
};

struct Request {
  std::string type_url;
  std::optional<Node> node;
  std::string response_nonce;
  std::optional<Rejection> error;  // Present: a NACK.

  // State of the world.
  std::string version_info;
  std::vector<std::string> resource_names;

  // Delta.
  std::vector<std::string> subscribe;
  std::vector<std::string> unsubscribe;
  std::vector<std::pair<std::string, std::string>> initial_resource_versions;
};

// `bytes`: a DiscoveryRequest or DeltaDiscoveryRequest.
absl::StatusOr<Request> DecodeRequest(Variant variant, std::string_view bytes);

}  // namespace weir::control::engine
