#include "source/server/dynamic_config.h"

#include <utility>

#include "source/base/status.h"
#include "source/schema/resource_type.h"

namespace weir::server {
namespace {

TypeTarget EndpointTarget(ClusterDirector& clusters) {
  return {.prepare = [&clusters](const std::string& key,
                                 CompiledValue value) -> absl::StatusOr<std::function<void()>> {
            auto endpoints = std::get<std::shared_ptr<const config::Endpoints>>(std::move(value));
            return [&clusters, key, endpoints = std::move(endpoints)] {
              clusters.SetEndpoints(key, endpoints);
            };
          },
          // Endpoints follow their cluster: an answer that a name does not exist is one without
          // endpoints.
          .remove = [&clusters](const std::string& key) { clusters.EndpointsTimedOut(key); },
          .timed_out = [&clusters](const std::string& key) { clusters.EndpointsTimedOut(key); },
          .released = [&clusters](const std::string& key) { clusters.ForgetEndpoints(key); }};
}

TypeTarget RouteTarget(ListenerDirector& listeners) {
  return {.prepare = [&listeners](const std::string& key,
                                  CompiledValue value) -> absl::StatusOr<std::function<void()>> {
            auto routes = std::get<std::shared_ptr<const router::RouteIndex>>(std::move(value));
            return
                [&listeners, key, routes = std::move(routes)] { listeners.SetRoutes(key, routes); };
          },
          .remove = [&listeners](const std::string& key) { listeners.RoutesTimedOut(key); },
          .timed_out = [&listeners](const std::string& key) { listeners.RoutesTimedOut(key); },
          .released = [&listeners](const std::string& key) { listeners.ForgetRoutes(key); }};
}

TypeTarget SecretTarget(SecretDirector& secrets, event::Files& files) {
  return {
      .check =
          [&secrets](const std::vector<KeyedValue>& values) {
            std::vector<SecretDirector::Arrival> all;
            for (const auto& [key, value] : values) {
              all.push_back({key, std::get<std::shared_ptr<const config::Secret>>(*value).get()});
            }
            return secrets.CheckNew(all);
          },
      .prepare = [&secrets](const std::string& key,
                            CompiledValue value) -> absl::StatusOr<std::function<void()>> {
        auto secret = std::get<std::shared_ptr<const config::Secret>>(std::move(value));
        return [&secrets, key, secret = std::move(secret)] { secrets.Set(key, secret); };
      },
      .committed = [&secrets] { secrets.RenewUsers(); },
      // One that is in use stays in force.
      .remove = [&secrets](const std::string& key) { secrets.TimedOut(key); },
      .timed_out = [&secrets](const std::string& key) { secrets.TimedOut(key); },
      .released = [&secrets](const std::string& key) { secrets.Forget(key); },
      .files = &files};
}

}  // namespace

DynamicConfig::DynamicConfig(FeedSeams seams)
    : seams_(std::move(seams)),
      clusters_(seams_, schema::kClusterTypeUrl, "cluster_manager.cds."),
      endpoints_(seams_, schema::kClusterLoadAssignmentTypeUrl,
                 NamedSubscriptions::Kind::kEndpoints),
      listeners_(seams_, schema::kListenerTypeUrl, "listener_manager.lds."),
      routes_(seams_, schema::kRouteConfigurationTypeUrl, NamedSubscriptions::Kind::kRoutes),
      secrets_(seams_, schema::kSecretTypeUrl, NamedSubscriptions::Kind::kSecrets),
      control_plane_stats_(seams_.registry, stats::Scope{"control_plane.", ""}) {}

DynamicConfig::~DynamicConfig() = default;

std::array<TypeFeed*, 5> DynamicConfig::Feeds() {
  return {&clusters_, &endpoints_, &listeners_, &routes_, &secrets_};
}

absl::Status DynamicConfig::Start(const config::Bootstrap& bootstrap, const Directors& directors,
                                  std::function<void()> clusters_answered,
                                  std::function<void()> listeners_answered) {
  bootstrap_ = &bootstrap;
  clusters_.Start(bootstrap, TargetOf(directors.clusters, clusters_answered));
  endpoints_.Start(bootstrap, EndpointTarget(directors.clusters));
  listeners_.Start(bootstrap, TargetOf(directors.listeners, listeners_answered));
  routes_.Start(bootstrap, RouteTarget(directors.listeners));
  secrets_.Start(bootstrap, SecretTarget(directors.secrets, seams_.files));
  if (bootstrap.ads.has_value()) WEIR_RETURN_IF_ERROR(MakeAdsClient());
  WEIR_RETURN_IF_ERROR(clusters_.SubscribeAll(bootstrap.cds));
  WEIR_RETURN_IF_ERROR(listeners_.SubscribeAll(bootstrap.lds));
  if (last_good_ != nullptr) {
    last_good_->Start();
  } else if (client_ != nullptr) {
    client_->Start();
  }
  if (bootstrap.cds.kind == config::ConfigSource::Kind::kNone) clusters_answered();
  if (bootstrap.lds.kind == config::ConfigSource::Kind::kNone) listeners_answered();
  return absl::OkStatus();
}

absl::Status DynamicConfig::MakeAdsClient() {
  WEIR_ASSIGN_OR_RETURN(ads_transport_, seams_.make_transport(*bootstrap_, *bootstrap_->ads, ""));
  xds::ClientOptions options = ClientOptionsOf(*bootstrap_, *bootstrap_->ads);
  options.on_stream_end = [this] {
    for (TypeFeed* feed : Feeds()) feed->CountFailure(client_.get());
    if (last_good_ != nullptr) last_good_->StreamEnded();
  };
  client_ = std::make_unique<xds::Client>(*ads_transport_, seams_.loop, seams_.random,
                                          *control_plane_stats_, std::move(options));
  for (TypeFeed* feed : Feeds()) feed->JoinAds(*client_);
  if (!bootstrap_->updates.last_good.has_value()) return absl::OkStatus();
  last_good_ = std::make_unique<LastGood>(
      *bootstrap_->updates.last_good, bootstrap_->node_id,
      LastGood::Seams{seams_.loop, seams_.files, seams_.executor}, *client_, seams_.book);
  return absl::OkStatus();
}

void DynamicConfig::NothingWaits() {
  if (last_good_ != nullptr) last_good_->Keep();
}

void DynamicConfig::Flush() {
  if (last_good_ != nullptr) last_good_->Flush();
}

TypeTarget DynamicConfig::TargetOf(ClusterDirector& clusters, std::function<void()> answered) {
  return {
      .prepare = [this, &clusters](const std::string&,
                                   CompiledValue value) -> absl::StatusOr<std::function<void()>> {
        auto cluster = std::get<CompiledCluster>(std::move(value));
        WEIR_RETURN_IF_ERROR(clusters.Check(*cluster.config));
        WEIR_RETURN_IF_ERROR(CheckSource(*cluster.config->eds_source));
        return [&clusters, cluster = std::move(cluster)] { clusters.Set(cluster); };
      },
      .remove = [&clusters](const std::string& name) { clusters.Remove(name); },
      .first_answer = std::move(answered)};
}

TypeTarget DynamicConfig::TargetOf(ListenerDirector& listeners, std::function<void()> answered) {
  return {
      .prepare = [this, &listeners](const std::string&,
                                    CompiledValue value) -> absl::StatusOr<std::function<void()>> {
        auto listener = std::get<std::shared_ptr<const generation::Listener>>(std::move(value));
        WEIR_RETURN_IF_ERROR(CheckListener(*listener));
        WEIR_ASSIGN_OR_RETURN(ListenerDirector::Bound bound, listeners.Bind(std::move(listener)));
        return [&listeners, bound = std::move(bound)] { listeners.Set(bound); };
      },
      .remove = [&listeners](const std::string& name) { listeners.Remove(name); },
      .first_answer = std::move(answered)};
}

absl::Status DynamicConfig::CheckSource(const config::ConfigSource& source) const {
  if (source.kind != config::ConfigSource::Kind::kGrpc) return absl::OkStatus();
  for (const auto& cluster : bootstrap_->clusters) {
    if (cluster->name == source.grpc.cluster) return absl::OkStatus();
  }
  return InvalidArgument(StrCat("api_config_source: cluster \"", source.grpc.cluster,
                                "\" is none of the bootstrap's static clusters"));
}

absl::Status DynamicConfig::CheckListener(const generation::Listener& listener) const {
  for (const auto& [configured, chain] : listener.chains) {
    const config::HttpConnectionManager* const http = chain->http();
    if (http != nullptr) WEIR_RETURN_IF_ERROR(CheckSource(http->rds_source));
  }
  return absl::OkStatus();
}

}  // namespace weir::server
