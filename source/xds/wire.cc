#include "source/xds/wire.h"

#include <algorithm>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/status.h"

namespace weir::xds {
namespace {

namespace discovery = envoy::service::discovery::v3;

constexpr std::string_view kWrapperType = "envoy.service.discovery.v3.Resource";

// Features of this client that servers ask for; the last under both names that are in use.
constexpr const char* kFeatures[] = {"xds.config.supports-resource-ttl",
                                     "xds.config.resource-in-sotw",
                                     "xds.config.supports-resource-in-sotw"};

bool Parse(google::protobuf::MessageLite& message, std::string_view bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::string_view MessageName(std::string_view type_url) {
  return type_url.substr(type_url.rfind('/') + 1);
}

void TakeAny(google::protobuf::Any& any, WireResource& resource) {
  resource.type_url = std::move(*any.mutable_type_url());
  resource.bytes = std::move(*any.mutable_value());
}

WireResource FromWrapper(discovery::Resource& wrapper) {
  WireResource resource;
  resource.name = std::move(*wrapper.mutable_name());
  resource.version = std::move(*wrapper.mutable_version());
  if (wrapper.has_ttl()) {
    resource.ttl = std::chrono::seconds(wrapper.ttl().seconds()) +
                   std::chrono::nanoseconds(wrapper.ttl().nanos());
  }
  if (wrapper.has_resource()) TakeAny(*wrapper.mutable_resource(), resource);
  return resource;
}

absl::StatusOr<WireResponse> ParseSotw(std::string_view bytes) {
  discovery::DiscoveryResponse message;
  if (!Parse(message, bytes)) return InvalidArgument("the message is no DiscoveryResponse");
  WireResponse response;
  response.type_url = std::move(*message.mutable_type_url());
  response.version = std::move(*message.mutable_version_info());
  response.nonce = std::move(*message.mutable_nonce());
  response.control_plane = message.control_plane().identifier();
  response.resources.reserve(static_cast<size_t>(message.resources_size()));
  for (google::protobuf::Any& any : *message.mutable_resources()) {
    discovery::Resource wrapper;
    if (MessageName(any.type_url()) == kWrapperType && Parse(wrapper, any.value())) {
      response.resources.push_back(FromWrapper(wrapper));
    } else {
      TakeAny(any, response.resources.emplace_back());
    }
  }
  return response;
}

absl::StatusOr<WireResponse> ParseDelta(std::string_view bytes) {
  discovery::DeltaDiscoveryResponse message;
  if (!Parse(message, bytes)) return InvalidArgument("the message is no DeltaDiscoveryResponse");
  WireResponse response;
  response.type_url = std::move(*message.mutable_type_url());
  response.version = std::move(*message.mutable_system_version_info());
  response.nonce = std::move(*message.mutable_nonce());
  response.control_plane = message.control_plane().identifier();
  response.resources.reserve(static_cast<size_t>(message.resources_size()));
  for (discovery::Resource& wrapper : *message.mutable_resources()) {
    response.resources.push_back(FromWrapper(wrapper));
  }
  for (std::string& name : *message.mutable_removed_resources()) {
    response.removed.push_back(std::move(name));
  }
  return response;
}

template <typename Message>
void SetCommon(const WireRequest& request, Message& message) {
  message.set_type_url(request.type_url);
  message.set_response_nonce(request.nonce);
  if (!request.node.empty()) Parse(*message.mutable_node(), request.node);
  if (request.error.has_value()) {
    message.mutable_error_detail()->set_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
    message.mutable_error_detail()->set_message(*request.error);
  }
}

}  // namespace

absl::StatusOr<WireResponse> ParseResponse(Variant variant, std::string_view bytes) {
  return variant == Variant::kSotw ? ParseSotw(bytes) : ParseDelta(bytes);
}

std::string SerializeRequest(Variant variant, const WireRequest& request) {
  if (variant == Variant::kSotw) {
    discovery::DiscoveryRequest message;
    SetCommon(request, message);
    message.set_version_info(request.version);
    for (const std::string& name : request.names) message.add_resource_names(name);
    return message.SerializeAsString();
  }
  discovery::DeltaDiscoveryRequest message;
  SetCommon(request, message);
  for (const std::string& name : request.subscribe) message.add_resource_names_subscribe(name);
  for (const std::string& name : request.unsubscribe) message.add_resource_names_unsubscribe(name);
  for (const auto& [name, version] : request.initial_versions) {
    (*message.mutable_initial_resource_versions())[name] = version;
  }
  return message.SerializeAsString();
}

absl::StatusOr<std::string> NodeWithFeatures(std::string_view node) {
  envoy::config::core::v3::Node message;
  if (!Parse(message, node)) return InvalidArgument("the bytes are no core.v3.Node");
  for (const char* feature : kFeatures) {
    const auto& features = message.client_features();
    if (std::find(features.begin(), features.end(), feature) == features.end()) {
      message.add_client_features(feature);
    }
  }
  return message.SerializeAsString();
}

}  // namespace weir::xds
