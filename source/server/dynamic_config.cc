#include "source/server/dynamic_config.h"

#include <utility>

#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/status.h"
#include "source/schema/resource_type.h"

namespace weir::server {

struct DynamicConfig::Type {
  Type(stats::Registry& registry, std::string_view stats_prefix, xds::ResourceType named)
      : resource(std::move(named)), stats(registry, stats::Scope{stats_prefix, ""}) {}

  const xds::ResourceType resource;
  stats::Block<xds::SubscriptionStats> stats;
  std::unique_ptr<TypeSink> sink;
};

DynamicConfig::DynamicConfig(const DynamicSeams& seams, const ResourceCompiler& compiler,
                             ResourceBook& book)
    : seams_(seams),
      compiler_(compiler),
      book_(book),
      endpoints_(*this, std::string(schema::kClusterLoadAssignmentTypeUrl)),
      routes_(*this, std::string(schema::kRouteConfigurationTypeUrl)),
      secrets_(*this, std::string(schema::kSecretTypeUrl)),
      control_plane_stats_(seams.registry, stats::Scope{"control_plane.", ""}) {}

DynamicConfig::~DynamicConfig() = default;

absl::Status DynamicConfig::Start(const config::Bootstrap& bootstrap, xds::Transport* transport,
                                  const Directors& directors,
                                  std::function<void()> clusters_answered,
                                  std::function<void()> listeners_answered) {
  transactional_ = bootstrap.updates.transactional;
  AddClusterTypes(directors.clusters, clusters_answered);
  AddListenerTypes(directors.listeners, listeners_answered);
  AddSecretType(directors.secrets);
  if (transport != nullptr) MakeClient(bootstrap, *transport);
  WEIR_RETURN_IF_ERROR(SubscribeAll(TypeOf(std::string(schema::kClusterTypeUrl)), bootstrap.cds));
  WEIR_RETURN_IF_ERROR(SubscribeAll(TypeOf(std::string(schema::kListenerTypeUrl)), bootstrap.lds));
  if (last_good_ != nullptr) {
    last_good_->Start();
  } else if (client_ != nullptr) {
    client_->Start();
  }
  if (bootstrap.cds.kind == config::ConfigSource::Kind::kNone) clusters_answered();
  if (bootstrap.lds.kind == config::ConfigSource::Kind::kNone) listeners_answered();
  return absl::OkStatus();
}

void DynamicConfig::MakeClient(const config::Bootstrap& bootstrap, xds::Transport& transport) {
  xds::ClientOptions options;
  options.variant = bootstrap.ads->delta ? xds::Variant::kDelta : xds::Variant::kSotw;
  options.node = bootstrap.node_bytes;
  options.on_stream_end = [this] {
    if (last_good_ != nullptr) last_good_->StreamEnded();
  };
  client_ = std::make_unique<xds::Client>(transport, seams_.loop, seams_.random,
                                          *control_plane_stats_, std::move(options));
  for (std::string_view url :
       {schema::kClusterTypeUrl, schema::kClusterLoadAssignmentTypeUrl, schema::kListenerTypeUrl,
        schema::kRouteConfigurationTypeUrl, schema::kSecretTypeUrl}) {
    Type& type = TypeOf(std::string(url));
    client_->AddType(type.resource, *type.sink, *type.stats);
  }
  if (!bootstrap.updates.last_good.has_value()) return;
  last_good_ = std::make_unique<LastGood>(
      *bootstrap.updates.last_good, bootstrap.node_id,
      LastGood::Seams{seams_.loop, seams_.files, seams_.executor}, *client_, book_);
}

void DynamicConfig::NothingWaits() {
  if (last_good_ != nullptr) last_good_->Keep();
}

void DynamicConfig::Flush() {
  if (last_good_ != nullptr) last_good_->Flush();
}

void DynamicConfig::AddClusterTypes(ClusterDirector& clusters, std::function<void()> answered) {
  AddType({.type_url = std::string(schema::kClusterTypeUrl),
           .prepare = [&clusters](CompiledValue value) -> absl::StatusOr<std::function<void()>> {
             auto cluster = std::get<CompiledCluster>(std::move(value));
             WEIR_RETURN_IF_ERROR(clusters.Check(*cluster.config));
             return [&clusters, cluster = std::move(cluster)] { clusters.Set(cluster); };
           },
           .remove = [&clusters](const std::string& name) { clusters.Remove(name); },
           .timed_out = [](const std::string&) {},
           .released = [](const std::string&) {},
           .first_answer = std::move(answered)},
          true, "cluster_manager.cds.");
  AddType({.type_url = std::string(schema::kClusterLoadAssignmentTypeUrl),
           .prepare = [&clusters](CompiledValue value) -> absl::StatusOr<std::function<void()>> {
             auto endpoints = std::get<std::shared_ptr<const config::Endpoints>>(std::move(value));
             return [&clusters, endpoints = std::move(endpoints)] {
               clusters.SetEndpoints(endpoints);
             };
           },
           // Endpoints follow their cluster: an answer that a name does not exist is one without
           // endpoints.
           .remove = [&clusters](const std::string& name) { clusters.EndpointsTimedOut(name); },
           .timed_out = [&clusters](const std::string& name) { clusters.EndpointsTimedOut(name); },
           .released = [&clusters](const std::string& name) { clusters.ForgetEndpoints(name); },
           .first_answer = nullptr},
          false, "cluster_manager.eds.");
}

void DynamicConfig::AddListenerTypes(ListenerDirector& listeners, std::function<void()> answered) {
  AddType({.type_url = std::string(schema::kListenerTypeUrl),
           .prepare = [&listeners](CompiledValue value) -> absl::StatusOr<std::function<void()>> {
             WEIR_ASSIGN_OR_RETURN(
                 ListenerDirector::Bound bound,
                 listeners.Bind(
                     std::get<std::shared_ptr<const generation::Listener>>(std::move(value))));
             return [&listeners, bound = std::move(bound)] { listeners.Set(bound); };
           },
           .remove = [&listeners](const std::string& name) { listeners.Remove(name); },
           .timed_out = [](const std::string&) {},
           .released = [](const std::string&) {},
           .first_answer = std::move(answered)},
          true, "listener_manager.lds.");
  AddType({.type_url = std::string(schema::kRouteConfigurationTypeUrl),
           .prepare = [&listeners](CompiledValue value) -> absl::StatusOr<std::function<void()>> {
             auto routes = std::get<std::shared_ptr<const router::RouteIndex>>(std::move(value));
             return [&listeners, routes = std::move(routes)] { listeners.SetRoutes(routes); };
           },
           .remove = [&listeners](const std::string& name) { listeners.RoutesTimedOut(name); },
           .timed_out = [&listeners](const std::string& name) { listeners.RoutesTimedOut(name); },
           .released = [&listeners](const std::string& name) { listeners.ForgetRoutes(name); },
           .first_answer = nullptr},
          false, "http.rds.");
}

void DynamicConfig::AddSecretType(SecretDirector& secrets) {
  AddType({.type_url = std::string(schema::kSecretTypeUrl),
           .prepare = [&secrets](CompiledValue value) -> absl::StatusOr<std::function<void()>> {
             auto secret = std::get<std::shared_ptr<const config::Secret>>(std::move(value));
             WEIR_RETURN_IF_ERROR(secrets.CheckNew(*secret));
             return [&secrets, secret = std::move(secret)] { secrets.Set(secret); };
           },
           // One that is in use stays in force.
           .remove = [&secrets](const std::string& name) { secrets.TimedOut(name); },
           .timed_out = [&secrets](const std::string& name) { secrets.TimedOut(name); },
           .released = [&secrets](const std::string& name) { secrets.Forget(name); },
           .first_answer = nullptr},
          false, "sds.");
}

void DynamicConfig::AddType(TypeTarget target, bool full_state, std::string_view stats_prefix) {
  std::unique_ptr<Type>& type = types_[target.type_url];
  type = std::make_unique<Type>(seams_.registry, stats_prefix,
                                xds::ResourceType{target.type_url, full_state});
  type->sink = std::make_unique<TypeSink>(std::move(target), transactional_, compiler_,
                                          seams_.executor, seams_.loop, book_);
}

DynamicConfig::Type& DynamicConfig::TypeOf(const std::string& type_url) {
  const auto found = types_.find(type_url);
  WEIR_CHECK(found != types_.end(), "resources are subscribed to after Start");
  return *found->second;
}

absl::Status DynamicConfig::SubscribeAll(Type& type, const config::ConfigSource& source) {
  switch (source.kind) {
    case config::ConfigSource::Kind::kNone:
      return absl::OkStatus();
    case config::ConfigSource::Kind::kAds:
    case config::ConfigSource::Kind::kSelf:
      if (client_ == nullptr) {
        return InvalidArgument(StrCat("dynamic_resources: ", type.resource.type_url,
                                      " comes by ads, and there is no ads_config"));
      }
      client_->Subscribe(type.resource.type_url, xds::kWildcard, source.initial_fetch_timeout);
      return absl::OkStatus();
    case config::ConfigSource::Kind::kPath:
      return WatchFile(type, source);
  }
  return absl::OkStatus();
}

absl::Status DynamicConfig::WatchFile(Type& type, const config::ConfigSource& source) {
  WatchedFile& file = files_[{type.resource.type_url, source.path}];
  if (file.users++ > 0) return absl::OkStatus();
  file.source = std::make_shared<xds::FileSource>(
      xds::FileSeams{seams_.files, seams_.executor, seams_.loop},
      xds::FileLocation{.path = source.path, .watched_directory = source.watched_directory},
      seams_.parse_file, type.resource, *type.sink, *type.stats);
  return file.source->Start();
}

void DynamicConfig::TypeSubscriber::Subscribe(const std::string& name,
                                              const config::ConfigSource& source) {
  Type& type = config_.TypeOf(type_url_);
  if (source.kind != config::ConfigSource::Kind::kPath) {
    if (config_.client_ != nullptr) {
      config_.client_->Subscribe(type_url_, name, source.initial_fetch_timeout);
    }
    return;
  }
  const absl::Status status = config_.WatchFile(type, source);
  if (!status.ok()) WEIR_LOG(kConfig, kError, type_url_, " \"", name, "\": ", MessageOf(status));
}

void DynamicConfig::TypeSubscriber::Unsubscribe(const std::string& name,
                                                const config::ConfigSource& source) {
  if (source.kind != config::ConfigSource::Kind::kPath) {
    if (config_.client_ != nullptr) config_.client_->Unsubscribe(type_url_, name);
    return;
  }
  const auto file = config_.files_.find({type_url_, source.path});
  if (file == config_.files_.end() || --file->second.users > 0) return;
  // The file's own update may be what ended its use: it dies in a later turn.
  config_.seams_.loop.Post([ended = std::move(file->second.source)] {});
  config_.files_.erase(file);
}

}  // namespace weir::server
