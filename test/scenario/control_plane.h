// The control plane of a scenario: sends what the test says over the fake transport, and notes what
// the proxy answers. State of the world.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/check.h"
#include "source/exe/resource_file.h"
#include "test/scenario/world.h"

namespace weir::scenario {

class ControlPlane {
 public:
  // `own_stream`: speaks on the stream of that type alone, in place of ADS.
  explicit ControlPlane(World& world, std::string_view own_stream = "")
      : world_(world), stream_(own_stream) {}

  // Sends all resources of one type as `yaml` (with "@type" each) has them, and runs.
  void Send(std::string_view type_url, const std::string& version, const std::string& yaml) {
    envoy::service::discovery::v3::DiscoveryResponse response;
    if (!yaml.empty()) {
      const auto bytes = exe::ParseResourceFile("resources.yaml", "resources:\n" + yaml);
      WEIR_CHECK(bytes.ok(), "the scenario's own YAML is wrong");
      response.ParseFromString(*bytes);
    }
    response.set_type_url(std::string(type_url));
    response.set_version_info(version);
    response.set_nonce(version);
    world_.xds(stream_).open_call()->Deliver(response.SerializeAsString());
    world_.Run();
    Listen();
  }
  // The stream ends; until Restore no new one can be made.
  void Kill() {
    world_.xds(stream_).set_refuse(absl::UnavailableError("gone"));
    if (auto* call = world_.xds(stream_).open_call()) call->End(absl::UnavailableError("gone"));
    world_.Run();
  }

  // What the proxy said to `version`: "" when it accepted it, else the NACK's text.
  std::string AnswerTo(const std::string& version) const {
    for (const auto& request : requests_) {
      if (request.response_nonce() == version) return request.error_detail().message();
    }
    return "no answer";
  }
  // The names asked for in the last request of a type.
  std::vector<std::string> Asked(std::string_view type_url) {
    Listen();
    std::vector<std::string> names;
    for (const auto& request : requests_) {
      if (request.type_url() != type_url) continue;
      names.assign(request.resource_names().begin(), request.resource_names().end());
    }
    return names;
  }

 private:
  void Listen() {
    auto* call = world_.xds(stream_).open_call();
    if (call == nullptr) return;
    for (const std::string& bytes : call->TakeSent()) {
      requests_.emplace_back().ParseFromString(bytes);
    }
  }

  World& world_;
  const std::string stream_;
  std::vector<envoy::service::discovery::v3::DiscoveryRequest> requests_;
};

}  // namespace weir::scenario
