#include <utility>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "envoy/extensions/access_loggers/file/v3/file.pb.h"
#include "envoy/extensions/bootstrap/internal_listener/v3/internal_listener.pb.h"
#include "envoy/extensions/regex_engines/v3/google_re2.pb.h"
#include "source/base/status.h"
#include "source/config/proto/access_log.h"
#include "source/config/proto/certificate_providers.h"
#include "source/config/proto/cluster.h"
#include "source/config/proto/decode.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/listener.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/overload.h"
#include "source/config/proto/runtime.h"
#include "source/config/proto/sockets.h"
#include "source/config/proto/tls.h"
#include "source/config/proto/values.h"
#include "weir/config/v1/dynamic_updates.pb.h"

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
  HashMap<int> secret_names;
  for (int i = 0; i < message.secrets_size(); ++i) {
    const Scope item = scope.Item("secrets", i);
    bootstrap.secrets.push_back(DecodeSecret(message.secrets(i), item));
    if (!secret_names.try_emplace(message.secrets(i).name(), i).second) {
      item.Field("name").Error("there is a secret of this name already", message.secrets(i).name());
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

void DecodeDynamic(const pb::Bootstrap::DynamicResources& message, const Scope& scope,
                   Bootstrap& bootstrap) {
  const bool has_ads = message.has_ads_config();
  if (has_ads) {
    bootstrap.ads = DecodeGrpcSource(message.ads_config(), scope.Field("ads_config"));
  }
  if (message.has_lds_config()) {
    bootstrap.lds = DecodeOwnSource(message.lds_config(), has_ads, scope.Field("lds_config"));
  }
  if (message.has_cds_config()) {
    bootstrap.cds = DecodeOwnSource(message.cds_config(), has_ads, scope.Field("cds_config"));
  }
}

void DecodeAdmin(const pb::Admin& message, const Scope& scope, Bootstrap& bootstrap) {
  if (message.has_address()) {
    bootstrap.admin_address = DecodeAddress(message.address(), scope.Field("address"));
  }
  scope.IgnoreSet(message, {"ignore_global_conn_limit"},
                  "connections of the admin server never count for it");
  bootstrap.admin_socket_options = DecodeSocketOptions(message.socket_options(), scope);
  bootstrap.admin_allow_paths = DecodeStringMatchers(message.allow_paths(), scope, "allow_paths");
  bootstrap.admin_access_logs = DecodeAccessLogs(message.access_log(), scope);
  if (message.access_log_path().empty()) return;
  // The same as a FileAccessLog with this path.
  envoy::extensions::access_loggers::file::v3::FileAccessLog file;
  file.set_path(message.access_log_path());
  google::protobuf::RepeatedPtrField<envoy::config::accesslog::v3::AccessLog> logs;
  logs.Add()->set_name("envoy.access_loggers.file");
  logs[0].mutable_typed_config()->PackFrom(file);
  for (AccessLog& log : DecodeAccessLogs(logs, scope, "access_log_path")) {
    bootstrap.admin_access_logs.push_back(std::move(log));
  }
}

void DecodeStatsMatcher(const envoy::config::metrics::v3::StatsMatcher& message, const Scope& scope,
                        StatsConfig& stats) {
  using Matcher = envoy::config::metrics::v3::StatsMatcher;
  switch (message.stats_matcher_case()) {
    case Matcher::kRejectAll:
      if (message.reject_all()) stats.shown = StatsConfig::Shown::kNone;
      return;
    case Matcher::kInclusionList:
      stats.shown = StatsConfig::Shown::kMatching;
      stats.patterns = DecodeStringMatchers(message.inclusion_list().patterns(),
                                            scope.Field("inclusion_list"), "patterns");
      return;
    case Matcher::kExclusionList:
      stats.shown = StatsConfig::Shown::kOthers;
      stats.patterns = DecodeStringMatchers(message.exclusion_list().patterns(),
                                            scope.Field("exclusion_list"), "patterns");
      return;
    case Matcher::STATS_MATCHER_NOT_SET:
      return;  // A field rule refuses it.
  }
}

void DecodeStats(const pb::Bootstrap& message, const Scope& root, StatsConfig& stats) {
  const envoy::config::metrics::v3::StatsConfig& config = message.stats_config();
  const Scope scope = root.Field("stats_config");
  if (config.has_use_all_default_tags()) {
    stats.all_default_tags = config.use_all_default_tags().value();
  }
  for (const envoy::config::metrics::v3::TagSpecifier& tag : config.stats_tags()) {
    StatsConfig::Tag& decoded = stats.tags.emplace_back(StatsConfig::Tag{tag.tag_name(), {}, {}});
    using Specifier = envoy::config::metrics::v3::TagSpecifier;
    if (tag.tag_value_case() == Specifier::kFixedValue) decoded.fixed_value = tag.fixed_value();
    // An empty one is as good as none.
    if (!tag.regex().empty()) decoded.regex = tag.regex();
  }
  if (config.has_stats_matcher()) {
    DecodeStatsMatcher(config.stats_matcher(), scope.Field("stats_matcher"), stats);
  }
  if (message.has_stats_server_version_override()) {
    stats.server_version = message.stats_server_version_override().value();
  }
  if (message.has_stats_flush_interval()) {
    stats.flush_interval =
        DecodeDuration(message.stats_flush_interval(), root.Field("stats_flush_interval"));
  }
}

DynamicUpdates DecodeUpdates(const weir::config::v1::DynamicUpdates& message, const Scope& scope,
                             const Bootstrap& bootstrap) {
  DynamicUpdates updates{.transactional = message.transactional(), .last_good = std::nullopt};
  if (!message.has_last_good()) return updates;
  const Scope at = scope.Field("last_good");
  LastGoodFile file{.path = message.last_good().path(),
                    .include_secrets = message.last_good().include_secrets()};
  if (file.path.empty()) at.Field("path").Error("a path is missing");
  if (!bootstrap.ads.has_value()) {
    at.Error("keeps what comes by dynamic_resources.ads_config, and there is none");
  }
  if (message.last_good().has_control_plane_wait()) {
    file.control_plane_wait =
        DecodeDuration(message.last_good().control_plane_wait(), at.Field("control_plane_wait"));
  }
  updates.last_good = std::move(file);
  return updates;
}

void DecodeBootstrapExtensions(const pb::Bootstrap& message, const Scope& root,
                               Bootstrap& bootstrap) {
  using envoy::extensions::bootstrap::internal_listener::v3::InternalListener;
  using weir::config::v1::DynamicUpdates;
  bool seen = false;
  for (int i = 0; i < message.bootstrap_extensions_size(); ++i) {
    const auto& extension = message.bootstrap_extensions(i);
    const Scope item = root.Item("bootstrap_extensions", i);
    const Scope config = item.Field("typed_config");
    const auto unpacked = UnpackAny(extension.typed_config(), config);
    if (unpacked == nullptr) continue;
    if (unpacked->GetDescriptor() == InternalListener::descriptor()) {
      item.IgnoreSet(extension, {"typed_config"},
                     "internal listeners are refused by name where they are configured");
    } else if (unpacked->GetDescriptor() != DynamicUpdates::descriptor()) {
      config.Error("is no bootstrap extension", unpacked->GetDescriptor()->full_name());
    } else if (std::exchange(seen, true)) {
      item.Error("weir.config.v1.DynamicUpdates stands there already");
    } else {
      bootstrap.updates =
          DecodeUpdates(static_cast<const DynamicUpdates&>(*unpacked), config, bootstrap);
    }
  }
}

void CheckRegexEngine(const pb::Bootstrap& message, const Scope& root) {
  if (!message.has_default_regex_engine()) return;
  Unpack<envoy::extensions::regex_engines::v3::GoogleRE2>(
      message.default_regex_engine().typed_config(),
      root.Field("default_regex_engine").Field("typed_config"));
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
  const Scope manager = root.Field("cluster_manager");
  manager.IgnoreSet(message.cluster_manager(), {"enable_deferred_cluster_creation"},
                    "a hint: parts of a cluster are made on first use");
  Bootstrap bootstrap;
  bootstrap.runtime = DecodeRuntime(message.layered_runtime(), root.Field("layered_runtime"));
  context.runtime = bootstrap.runtime.get();
  bootstrap.node_bytes = message.node().SerializeAsString();
  bootstrap.node_id = context.node_id = message.node().id();
  bootstrap.node_cluster = message.node().cluster();
  bootstrap.flags_path = message.flags_path();
  bootstrap.certificate_providers = DecodeCertificateProviders(message, root);
  context.certificate_providers = bootstrap.certificate_providers.get();
  if (message.cluster_manager().has_upstream_bind_config()) {
    bootstrap.upstream_bind = DecodeBind(message.cluster_manager().upstream_bind_config(),
                                         manager.Field("upstream_bind_config"));
  }
  context.upstream_bind = bootstrap.upstream_bind;
  DecodeStatic(message.static_resources(), root.Field("static_resources"), bootstrap);
  DecodeDynamic(message.dynamic_resources(), root.Field("dynamic_resources"), bootstrap);
  DecodeAdmin(message.admin(), root.Field("admin"), bootstrap);
  if (message.has_overload_manager()) {
    bootstrap.overload =
        DecodeOverloadManager(message.overload_manager(), root.Field("overload_manager"));
  }
  DecodeStats(message, root, bootstrap.stats);
  DecodeBootstrapExtensions(message, root, bootstrap);
  CheckRegexEngine(message, root);
  const bool refused = own.has_errors();
  AppendNew(std::move(own), diagnostics);
  if (refused) return std::nullopt;
  return bootstrap;
}

}  // namespace weir::config::proto
