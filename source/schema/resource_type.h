// The names of resource types, and of resources. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace weir::schema {

inline constexpr std::string_view kTypeUrlPrefix = "type.googleapis.com/";

inline constexpr std::string_view kListenerTypeUrl =
    "type.googleapis.com/envoy.config.listener.v3.Listener";
inline constexpr std::string_view kRouteConfigurationTypeUrl =
    "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
inline constexpr std::string_view kScopedRouteConfigurationTypeUrl =
    "type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration";
inline constexpr std::string_view kVirtualHostTypeUrl =
    "type.googleapis.com/envoy.config.route.v3.VirtualHost";
inline constexpr std::string_view kClusterTypeUrl =
    "type.googleapis.com/envoy.config.cluster.v3.Cluster";
inline constexpr std::string_view kClusterLoadAssignmentTypeUrl =
    "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
inline constexpr std::string_view kSecretTypeUrl =
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
inline constexpr std::string_view kRuntimeTypeUrl =
    "type.googleapis.com/envoy.service.runtime.v3.Runtime";
inline constexpr std::string_view kExtensionConfigTypeUrl =
    "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";

// Whether xDS serves resources of this type.
bool IsResourceType(std::string_view type_url);

// What follows the last '/', which is all of it when there is none.
std::string_view MessageNameOf(std::string_view type_url);
std::string TypeUrlOf(const google::protobuf::Descriptor& type);

// A type URL from what people write: itself, a message name, or "listener(s)", "route(s)",
// "cluster(s)", "endpoint(s)", "secret(s)", "runtime", "lds", "rds", "cds", "eds", "sds" in any
// case.
std::optional<std::string> TypeUrlFromText(std::string_view text);
// "cluster" for the type URL of Cluster; the message name when there is no short one.
std::string_view ShortTypeName(std::string_view type_url);

// The name by which xDS knows the resource: `name`, for a ClusterLoadAssignment `cluster_name`.
// Generated or dynamic message. Empty when the message has none.
std::string ResourceName(const google::protobuf::Message& resource);
// The same from the bytes, without a descriptor of the type; empty when they do not parse.
std::string ResourceNameOfBytes(std::string_view type_url, std::string_view bytes);

}  // namespace weir::schema
