#include "source/schema/references.h"

#include <array>
#include <string_view>
#include <utility>

#include "source/schema/any_content.h"
#include "source/schema/field_path.h"
#include "source/schema/resource_type.h"
#include "source/schema/sub_messages.h"

namespace weir::schema {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// A field that holds the name of a resource, or names.
struct ReferringField {
  std::string_view message;
  std::string_view field;
  std::string_view type_url;
  std::string_view source =
      {};  // the ConfigSource beside it, where there is one: "a.b" for one in a message
};

constexpr std::array kReferringFields = {
    ReferringField{"envoy.extensions.filters.network.http_connection_manager.v3.Rds",
                   "route_config_name", kRouteConfigurationTypeUrl, "config_source"},
    ReferringField{"envoy.config.route.v3.ScopedRouteConfiguration", "route_configuration_name",
                   kRouteConfigurationTypeUrl},
    ReferringField{"envoy.config.route.v3.RouteAction", "cluster", kClusterTypeUrl},
    ReferringField{"envoy.config.route.v3.WeightedCluster.ClusterWeight", "name", kClusterTypeUrl},
    ReferringField{"envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction", "cluster",
                   kClusterTypeUrl},
    ReferringField{"envoy.config.route.v3.RouteAction.RequestMirrorPolicy", "cluster",
                   kClusterTypeUrl},
    ReferringField{"envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "cluster",
                   kClusterTypeUrl},
    ReferringField{
        "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.WeightedCluster.ClusterWeight",
        "name", kClusterTypeUrl},
    ReferringField{"envoy.extensions.filters.udp.udp_proxy.v3.UdpProxyConfig", "cluster",
                   kClusterTypeUrl},
    ReferringField{"envoy.extensions.filters.udp.udp_proxy.v3.Route", "cluster", kClusterTypeUrl},
    ReferringField{"envoy.extensions.clusters.aggregate.v3.ClusterConfig", "clusters",
                   kClusterTypeUrl},
    ReferringField{"envoy.config.core.v3.GrpcService.EnvoyGrpc", "cluster_name", kClusterTypeUrl},
    ReferringField{"envoy.config.core.v3.ApiConfigSource", "cluster_names", kClusterTypeUrl},
    ReferringField{"envoy.config.core.v3.HttpUri", "cluster", kClusterTypeUrl},
    ReferringField{"envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig", "name",
                   kSecretTypeUrl, "sds_config"},
    ReferringField{"envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter", "name",
                   kExtensionConfigTypeUrl, "config_discovery.config_source"},
    ReferringField{"envoy.config.listener.v3.Filter", "name", kExtensionConfigTypeUrl,
                   "config_discovery.config_source"},
    ReferringField{"envoy.config.listener.v3.ListenerFilter", "name", kExtensionConfigTypeUrl,
                   "config_discovery.config_source"},
};

// The message at "a.b" below `message`, or null when a part of it is not set.
const Message* FindSet(const Message& message, std::string_view path) {
  const Message* found = &message;
  for (PathSteps steps(path); const auto step = steps.Next();) {
    const FieldDescriptor* field = found->GetDescriptor()->FindFieldByName(step->name);
    if (field == nullptr || !found->GetReflection()->HasField(*found, field)) return nullptr;
    found = &found->GetReflection()->GetMessage(*found, field);
  }
  return found;
}

bool Has(const Message& message, const char* field_name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(field_name);
  return field != nullptr && message.GetReflection()->HasField(message, field);
}

std::string Text(const Message& message, const char* field_name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(field_name);
  return field == nullptr ? std::string() : message.GetReflection()->GetString(message, field);
}

Reference::Source SourceOf(const Message* config_source) {
  if (config_source == nullptr) return Reference::Source::kOther;
  return Has(*config_source, "ads") || Has(*config_source, "self") ? Reference::Source::kAds
                                                                   : Reference::Source::kOther;
}

class Collector {
 public:
  explicit Collector(std::vector<Reference>& references) : references_(references) {}

  void Walk(const Message& message) {
    if (IsAny(message)) {
      if (any_levels_ >= kMaxAnyLevels) return;
      const AnyContent content = OpenExtension(message);
      if (content.message == nullptr) return;
      ++any_levels_;
      Walk(*content.message);
      --any_levels_;
      return;
    }
    const Descriptor& type = *message.GetDescriptor();
    if (type.full_name() == MessageNameOf(kClusterTypeUrl)) AddEndpoints(message);
    for (const ReferringField& referring : kReferringFields) {
      if (referring.message == type.full_name()) AddField(message, referring);
    }
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      const auto scope = path_.Field(field->name());
      ForEachMessageIn(message, *field, path_, [this](const Message& each) { Walk(each); });
    }
  }

 private:
  void AddField(const Message& message, const ReferringField& referring) {
    const FieldDescriptor* field =
        message.GetDescriptor()->FindFieldByName(std::string(referring.field));
    if (field == nullptr) return;
    auto source = Reference::Source::kByName;
    if (!referring.source.empty()) {
      const Message* config_source = FindSet(message, referring.source);
      // A filter's name refers to something only when it is to be discovered.
      if (config_source == nullptr && referring.type_url == kExtensionConfigTypeUrl) return;
      source = SourceOf(config_source);
    }
    const auto& reflection = *message.GetReflection();
    const auto scope = path_.Field(referring.field);
    if (!field->is_repeated())
      return Add(referring.type_url, reflection.GetString(message, field), source);
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      const auto index = path_.Index(static_cast<size_t>(i));
      Add(referring.type_url, reflection.GetRepeatedString(message, field, i), source);
    }
  }

  // A cluster of type EDS names its endpoints by service_name, or by its own name.
  void AddEndpoints(const Message& cluster) {
    const FieldDescriptor* type = cluster.GetDescriptor()->FindFieldByName("type");
    const auto* eds = type->enum_type()->FindValueByName("EDS");
    if (eds == nullptr || cluster.GetReflection()->GetEnumValue(cluster, type) != eds->number())
      return;
    const Message* config = FindSet(cluster, "eds_cluster_config");
    std::string name = config == nullptr ? std::string() : Text(*config, "service_name");
    const bool by_service = !name.empty();
    if (!by_service) name = Text(cluster, "name");
    const auto scope = path_.Field(by_service ? "eds_cluster_config.service_name" : "name");
    Add(kClusterLoadAssignmentTypeUrl, std::move(name),
        SourceOf(FindSet(cluster, "eds_cluster_config.eds_config")));
  }

  void Add(std::string_view type_url, std::string name, Reference::Source source) {
    if (name.empty()) return;
    references_.push_back({path_.text(), std::string(type_url), std::move(name), source});
  }

  std::vector<Reference>& references_;
  FieldPath path_;
  int any_levels_ = 0;
};

}  // namespace

std::vector<Reference> CollectReferences(const Message& resource) {
  std::vector<Reference> references;
  Collector(references).Walk(resource);
  return references;
}

}  // namespace weir::schema
