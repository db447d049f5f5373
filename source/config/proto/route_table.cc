#include "source/config/proto/route_table.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "source/base/hash_map.h"
#include "source/base/status.h"
#include "source/config/proto/cluster_plugins.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/filter_overrides.h"
#include "source/config/proto/header_changes.h"
#include "source/config/proto/match_tree.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/route.h"
#include "source/config/proto/route_policies.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace {
namespace pb = envoy::config::route::v3;

// FNV-1a: the same in every process, so that it may be shown and compared.
uint64_t ContentHash(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// Whether `domain` (lower case) is a name or has its one asterisk at an end.
bool IsDomain(std::string_view domain) {
  const size_t asterisk = domain.find('*');
  if (asterisk == std::string_view::npos) return !domain.empty();
  if (domain.find('*', asterisk + 1) != std::string_view::npos) return false;
  return asterisk == 0 || asterisk == domain.size() - 1;
}

std::vector<VirtualCluster> DecodeVirtualClusters(const pb::VirtualHost& message,
                                                  const Scope& scope) {
  std::vector<VirtualCluster> clusters;
  for (int i = 0; i < message.virtual_clusters_size(); ++i) {
    const pb::VirtualCluster& cluster = message.virtual_clusters(i);
    const Scope at = scope.Item("virtual_clusters", i);
    if (cluster.headers().empty()) {
      at.Field("headers").Error("a matcher is missing: one without takes every request");
    }
    VirtualCluster& decoded = clusters.emplace_back();
    decoded.name = cluster.name();
    decoded.headers = DecodeHeaderMatchers(cluster.headers(), at, "headers");
    decoded.stats = DecodeCountedName(StrCat(message.name(), ".vcluster.", cluster.name()), scope);
  }
  if (clusters.empty()) return clusters;
  clusters.push_back(
      {.stats = DecodeCountedName(StrCat(message.name(), ".vcluster.other"), scope)});
  return clusters;
}

class TableDecoder {
 public:
  TableDecoder(const pb::RouteConfiguration& message, const Scope& scope)
      : message_(message), scope_(scope) {}

  std::shared_ptr<const RouteTable> Decode() {
    auto table = std::make_shared<RouteTable>();
    table->name = message_.name();
    table->most_specific_header_mutations_wins = message_.most_specific_header_mutations_wins();
    table->ignore_port_in_host_matching = message_.ignore_port_in_host_matching();
    table->ignore_path_parameters = message_.ignore_path_parameters_in_path_matching();
    if (!message_.vhost_header().empty()) {
      table->vhost_header = DecodeFieldName(message_.vhost_header(), scope_.Field("vhost_header"));
    }
    DecodeAllHeaderChanges(message_, scope_, table->request_headers, table->response_headers);
    table->filters = DecodeFilterOverrides(message_.typed_per_filter_config(), scope_);
    for (const std::string& header : message_.internal_only_headers()) {
      table->internal_only_headers.push_back(AsciiLower(header));
    }
    RouteLimits limits;
    if (message_.has_max_direct_response_body_size_bytes()) {
      limits.max_direct_response_body = message_.max_direct_response_body_size_bytes().value();
    }
    // What a control plane sends may name a cluster that is still under way; the author of a static
    // table gets told.
    const bool validate = message_.has_validate_clusters() ? message_.validate_clusters().value()
                                                           : scope_.context().is_static;
    limits.known_clusters = validate ? scope_.context().known_clusters : nullptr;
    const HashMap<ClusterFromMatch> plugins =
        DecodeClusterPlugins(message_.cluster_specifier_plugins(), scope_, limits);
    limits.plugins = &plugins;
    table->mirrors = DecodeMirrors(message_.request_mirror_policies(), scope_, limits);
    for (int i = 0; i < message_.virtual_hosts_size(); ++i) {
      DecodeVirtualHost(message_.virtual_hosts(i), scope_.Item("virtual_hosts", i), limits, *table);
    }
    table->content_hash = ContentHash(message_);
    return table;
  }

 private:
  void DecodeDomains(const pb::VirtualHost& message, const Scope& scope, VirtualHost& host) {
    for (int i = 0; i < message.domains_size(); ++i) {
      std::string domain = AsciiLower(message.domains(i));
      const Scope at = scope.Item("domains", i);
      if (!IsDomain(domain)) {
        at.Error("must be a host name, \"*.suffix\", \"prefix.*\" or \"*\"", message.domains(i));
        continue;
      }
      const auto [owner, added] = owners_.try_emplace(domain, message.name());
      if (!added) {
        at.Error(StrCat("the domain is already that of virtual host '", owner->second, "'"),
                 message.domains(i));
        continue;
      }
      host.domains.push_back(std::move(domain));
    }
  }

  void DecodeVirtualHost(const pb::VirtualHost& message, const Scope& scope, RouteLimits limits,
                         RouteTable& table) {
    VirtualHost host;
    host.name = message.name();
    limits.virtual_host = message.name();
    if (!names_.insert(message.name()).second) {
      scope.Field("name").Error("there is a virtual host of this name already", message.name());
    }
    DecodeDomains(message, scope, host);
    host.require_tls = static_cast<RequireTls>(message.require_tls());
    DecodeAllHeaderChanges(message, scope, host.request_headers, host.response_headers);
    host.filters = DecodeFilterOverrides(message.typed_per_filter_config(), scope);
    host.replay_limit = DecodeReplayLimit(message);
    host.include_request_attempt_count = message.include_request_attempt_count();
    host.include_attempt_count_in_response = message.include_attempt_count_in_response();
    if (message.has_retry_policy()) {
      host.retry = DecodeRetryPolicy(message.retry_policy(), scope.Field("retry_policy"));
    }
    host.include_is_timeout_retry = message.include_is_timeout_retry_header();
    host.hedge_on_per_try_timeout =
        DecodeHedgePolicy(message.hedge_policy(), scope.Field("hedge_policy"));
    host.mirrors = DecodeMirrors(message.request_mirror_policies(), scope, limits);
    host.virtual_clusters = DecodeVirtualClusters(message, scope);
    AddRoutes(message.routes(), scope, limits, host);
    if (message.has_matcher()) DecodeMatcher(message, scope, limits, host);
    table.virtual_hosts.push_back(std::move(host));
  }

  template <typename Routes>
  static void AddRoutes(const Routes& routes, const Scope& scope, const RouteLimits& limits,
                        VirtualHost& host) {
    for (int i = 0; i < routes.size(); ++i) {
      std::optional<Route> route = DecodeRoute(routes[i], scope.Item("routes", i), limits);
      if (route.has_value()) host.routes.push_back(*std::move(route));
    }
  }

  static void DecodeMatcher(const pb::VirtualHost& message, const Scope& scope,
                            const RouteLimits& limits, VirtualHost& host) {
    const Scope at = scope.Field("matcher");
    if (message.routes_size() > 0) at.Error("cannot be given together with routes");
    host.matcher =
        DecodeActionTree<RouteRange>(message.matcher(), at, MatchStage::kRequest,
                                     [&](const google::protobuf::Any& action, const Scope& place) {
                                       return AddActionRoutes(action, place, limits, host);
                                     });
  }

  // The routes of one action of a matcher.
  static RouteRange AddActionRoutes(const google::protobuf::Any& action, const Scope& scope,
                                    const RouteLimits& limits, VirtualHost& host) {
    const auto first = static_cast<uint32_t>(host.routes.size());
    const auto message = UnpackAny(action, scope);
    if (message == nullptr) return {};
    if (message->GetDescriptor() == pb::Route::descriptor()) {
      auto route = DecodeRoute(static_cast<const pb::Route&>(*message), scope, limits);
      if (route.has_value()) host.routes.push_back(*std::move(route));
    } else if (message->GetDescriptor() == pb::RouteList::descriptor()) {
      AddRoutes(static_cast<const pb::RouteList&>(*message).routes(), scope, limits, host);
    } else {
      scope.Error(StrCat("must be a ", pb::Route::descriptor()->full_name(), " or a ",
                         pb::RouteList::descriptor()->full_name()),
                  message->GetDescriptor()->full_name());
    }
    return {.first = first, .count = static_cast<uint32_t>(host.routes.size()) - first};
  }

  const pb::RouteConfiguration& message_;
  const Scope& scope_;
  HashMap<std::string> owners_;  // Domain -> name of its virtual host.
  HashSet names_;
};

}  // namespace

std::shared_ptr<const RouteTable> DecodeRouteTable(const pb::RouteConfiguration& message,
                                                   const Scope& scope) {
  return TableDecoder(message, scope).Decode();
}

}  // namespace weir::config::proto
