#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/status.h"
#include "source/config/proto/cluster.h"
#include "source/config/proto/decode.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/listener.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::bootstrap::v3;
namespace core = envoy::config::core::v3;

void DecodeStatic(const pb::Bootstrap::StaticResources& message, const Scope& scope,
                  Bootstrap& bootstrap) {
  HashMap<int> cluster_names;
  for (int i = 0; i < message.clusters_size(); ++i) {
    const Scope item = scope.Item("clusters", i);
    bootstrap.clusters.push_back(DecodeCluster(message.clusters(i), item));
    if (!cluster_names.try_emplace(message.clusters(i).name(), i).second) {
      item.Field("name").Error("there is a cluster of this name already",
                               message.clusters(i).name());
    }
  }
  HashMap<int> listener_names;
  for (int i = 0; i < message.listeners_size(); ++i) {
    const Scope item = scope.Item("listeners", i);
    bootstrap.listeners.push_back(DecodeListener(message.listeners(i), item));
    const std::string& name = bootstrap.listeners.back()->name;
    if (!listener_names.try_emplace(name, i).second) {
      item.Field("name").Error("there is a listener of this name already", name);
    }
  }
}

void DecodeGrpcService(const core::GrpcService& service, const Scope& scope,
                       const HashSet& static_clusters, AdsConfig& ads) {
  const core::GrpcService::EnvoyGrpc& target = service.envoy_grpc();
  const Scope at = scope.Field("envoy_grpc");
  at.RefuseSet(target, {"max_receive_message_length"});
  scope.IgnoreSet(service, {"timeout"}, "the stream has no end");
  ads.cluster = target.cluster_name();
  ads.authority = target.authority();
  if (!static_clusters.contains(ads.cluster)) {
    at.Field("cluster_name").Error("there is no static cluster of this name", ads.cluster);
  }
  for (const core::HeaderValue& value : service.initial_metadata()) {
    ads.initial_metadata.emplace_back(AsciiLower(value.key()),
                                      value.value().empty() ? value.raw_value() : value.value());
  }
}

AdsConfig DecodeAds(const core::ApiConfigSource& message, const Scope& scope,
                    const HashSet& static_clusters) {
  AdsConfig ads;
  scope.RefuseSet(message, {"cluster_names"});
  if (message.api_type() != core::ApiConfigSource::GRPC &&
      message.api_type() != core::ApiConfigSource::DELTA_GRPC) {
    scope.Field("api_type")
        .Error("must be GRPC or DELTA_GRPC",
               core::ApiConfigSource::ApiType_Name(message.api_type()));
  }
  ads.delta = message.api_type() == core::ApiConfigSource::DELTA_GRPC;
  if (message.transport_api_version() != core::V3) {
    scope.Field("transport_api_version")
        .Error("must be V3", core::ApiVersion_Name(message.transport_api_version()));
  }
  if (message.grpc_services_size() != 1) {
    scope.Field("grpc_services")
        .Error("there must be exactly one", StrCat(message.grpc_services_size()));
    return ads;
  }
  DecodeGrpcService(message.grpc_services(0), scope.Item("grpc_services", 0), static_clusters, ads);
  return ads;
}

void DecodeDynamic(const pb::Bootstrap::DynamicResources& message, const Scope& scope,
                   const HashSet& static_clusters, Bootstrap& bootstrap) {
  if (message.has_ads_config()) {
    bootstrap.ads = DecodeAds(message.ads_config(), scope.Field("ads_config"), static_clusters);
  }
  const auto decode = [&](const core::ConfigSource& source, const Scope& at) {
    ConfigSource decoded = DecodeConfigSource(source, at);
    if (decoded.kind == ConfigSource::Kind::kSelf) {
      at.Error("`self` has no meaning in the bootstrap: ads or path_config_source");
    }
    if (decoded.kind == ConfigSource::Kind::kAds && !message.has_ads_config()) {
      at.Error("`ads` needs dynamic_resources.ads_config");
    }
    return decoded;
  };
  if (message.has_lds_config()) {
    bootstrap.lds = decode(message.lds_config(), scope.Field("lds_config"));
  }
  if (message.has_cds_config()) {
    bootstrap.cds = decode(message.cds_config(), scope.Field("cds_config"));
  }
}

void DecodeAdmin(const pb::Admin& message, const Scope& scope, Bootstrap& bootstrap) {
  scope.RefuseSet(message, {"access_log_path"});
  if (message.has_address()) {
    bootstrap.admin_address = DecodeAddress(message.address(), scope.Field("address"));
  }
  bootstrap.admin_access_logs = DecodeAccessLogs(message.access_log(), scope);
}

void DecodeStats(const envoy::config::metrics::v3::StatsConfig& message, const Scope& scope,
                 Bootstrap& bootstrap) {
  scope.RefuseSet(message, {"stats_matcher"});
  if (message.has_use_all_default_tags() && !message.use_all_default_tags().value()) {
    scope.RefuseSet(message, {"use_all_default_tags"});
  }
  for (int i = 0; i < message.stats_tags_size(); ++i) {
    const envoy::config::metrics::v3::TagSpecifier& tag = message.stats_tags(i);
    const Scope item = scope.Item("stats_tags", i);
    item.RefuseSet(tag, {"regex"});
    if (tag.tag_value_case() == envoy::config::metrics::v3::TagSpecifier::kFixedValue) {
      bootstrap.stats_tags.emplace_back(tag.tag_name(), tag.fixed_value());
    } else if (tag.tag_value_case() ==
               envoy::config::metrics::v3::TagSpecifier::TAG_VALUE_NOT_SET) {
      item.Error("a value is missing: fixed_value");
    }
  }
}

}  // namespace

std::optional<Bootstrap> DecodeBootstrap(const pb::Bootstrap& message, const DecodeOptions& options,
                                         schema::Diagnostics& diagnostics,
                                         std::vector<schema::Unsupported>& ignored) {
  schema::Diagnostics own;
  HashSet static_clusters;
  for (const auto& cluster : message.static_resources().clusters()) {
    static_clusters.insert(cluster.name());
  }
  DecodeContext context{.extensions = options.extensions,
                        .data = options.data,
                        .diagnostics = own,
                        .ignored = ignored,
                        .allow_unknown_fields = options.allow_unknown_fields,
                        .is_static = true,
                        .known_clusters = &static_clusters};
  const Scope root(context);
  root.IgnoreSet(message, {"stats_flush_interval"},
                 "there are no sinks: stats are summed when read");
  root.IgnoreSet(message, {"cluster_manager"}, "a hint: parts of a cluster are made on first use");
  Bootstrap bootstrap;
  bootstrap.node_bytes = message.node().SerializeAsString();
  bootstrap.node_id = message.node().id();
  bootstrap.node_cluster = message.node().cluster();
  DecodeStatic(message.static_resources(), root.Field("static_resources"), bootstrap);
  DecodeDynamic(message.dynamic_resources(), root.Field("dynamic_resources"), static_clusters,
                bootstrap);
  DecodeAdmin(message.admin(), root.Field("admin"), bootstrap);
  DecodeStats(message.stats_config(), root.Field("stats_config"), bootstrap);
  const bool refused = own.has_errors();
  AppendNew(std::move(own), diagnostics);
  if (refused) return std::nullopt;
  return bootstrap;
}

}  // namespace weir::config::proto
