#include "source/control/engine/request.h"

#include "envoy/config/core/v3/base.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::control::engine {
namespace {

namespace discovery = ::envoy::service::discovery::v3;

std::string UserAgent(const ::envoy::config::core::v3::Node& node) {
  std::string text = node.user_agent_name();
  if (!node.user_agent_version().empty()) StrAppend(text, " ", node.user_agent_version());
  if (node.has_user_agent_build_version()) {
    const auto& version = node.user_agent_build_version().version();
    StrAppend(text, " ", version.major_number(), ".", version.minor_number(), ".", version.patch());
  }
  return text;
}

template <typename Message>
void DecodeCommon(const Message& message, Request& request) {
  request.type_url = message.type_url();
  request.response_nonce = message.response_nonce();
  if (message.has_node()) {
    const auto& node = message.node();
    Node& decoded = request.node.emplace();
    decoded.id = node.id();
    decoded.cluster = node.cluster();
    decoded.user_agent = UserAgent(node);
    decoded.client_features.assign(node.client_features().begin(), node.client_features().end());
  }
  if (message.has_error_detail()) {
    request.error = Rejection{message.error_detail().code(), message.error_detail().message()};
  }
}

// Names come as plain strings or, from newer clients, as locators.
template <typename Names, typename Locators>
std::vector<std::string> AllNames(const Names& names, const Locators& locators) {
  std::vector<std::string> all(names.begin(), names.end());
  for (const auto& locator : locators) all.push_back(locator.name());
  return all;
}

}  // namespace

absl::StatusOr<Request> DecodeRequest(Variant variant, std::string_view bytes) {
  Request request;
  const int size = static_cast<int>(bytes.size());
  if (variant == Variant::kSotw) {
    discovery::DiscoveryRequest message;
    if (!message.ParseFromArray(bytes.data(), size)) {
      return InvalidArgument("not a DiscoveryRequest");
    }
    DecodeCommon(message, request);
    request.version_info = message.version_info();
    request.resource_names = AllNames(message.resource_names(), message.resource_locators());
    return request;
  }
  discovery::DeltaDiscoveryRequest message;
  if (!message.ParseFromArray(bytes.data(), size)) {
    return InvalidArgument("not a DeltaDiscoveryRequest");
  }
  DecodeCommon(message, request);
  request.subscribe =
      AllNames(message.resource_names_subscribe(), message.resource_locators_subscribe());
  request.unsubscribe =
      AllNames(message.resource_names_unsubscribe(), message.resource_locators_unsubscribe());
  request.initial_resource_versions.assign(message.initial_resource_versions().begin(),
                                           message.initial_resource_versions().end());
  return request;
}

}  // namespace weir::control::engine
