#include "source/server/dynamic_config.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/status.h"
#include "source/schema/resource_type.h"

namespace weir::server {

struct DynamicConfig::Type {
  xds::SubscriptionStats& stats() { return whole.has_value() ? **whole : unnamed; }

  const xds::ResourceType resource;
  // Of all resources, where they are asked for as a whole...
  std::optional<stats::Block<xds::SubscriptionStats>> whole;
  // ...and else of each, beside what no name of Envoy's tells: the sum of them.
  std::unique_ptr<NamedSubscriptions> named;
  xds::SubscriptionStats unnamed;
  std::shared_ptr<void> named_source;  // Of the registry.
  TypeTarget target;                   // Of ADS.
  std::unique_ptr<TypeSink> sink;      // The same.
};

DynamicConfig::DynamicConfig(const DynamicSeams& seams, const ResourceCompiler& compiler,
                             ResourceBook& book)
    : seams_(seams),
      compiler_(compiler),
      book_(book),
      endpoints_(*this, std::string(schema::kClusterLoadAssignmentTypeUrl)),
      routes_(*this, std::string(schema::kRouteConfigurationTypeUrl)),
      secrets_(*this, std::string(schema::kSecretTypeUrl)),
      control_plane_stats_(seams.registry, stats::Scope{"control_plane.", ""}),
      drop_unused_([this] { DropUnused(); }) {}

DynamicConfig::~DynamicConfig() = default;

absl::Status DynamicConfig::Start(const config::Bootstrap& bootstrap, const Directors& directors,
                                  std::function<void()> clusters_answered,
                                  std::function<void()> listeners_answered) {
  bootstrap_ = &bootstrap;
  transactional_ = bootstrap.updates.transactional;
  AddClusterTypes(directors.clusters, clusters_answered);
  AddListenerTypes(directors.listeners, listeners_answered);
  AddSecretType(directors.secrets);
  if (bootstrap.ads.has_value()) WEIR_RETURN_IF_ERROR(MakeAdsClient());
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

xds::ClientOptions DynamicConfig::OptionsFor(const config::GrpcSource& source) const {
  xds::ClientOptions options;
  options.variant = source.delta ? xds::Variant::kDelta : xds::Variant::kSotw;
  options.node = bootstrap_->node_bytes;
  if (source.rate_limit.has_value()) {
    options.max_tokens = source.rate_limit->max_tokens;
    options.tokens_per_second = source.rate_limit->fill_rate;
  }
  return options;
}

absl::Status DynamicConfig::MakeAdsClient() {
  WEIR_ASSIGN_OR_RETURN(ads_transport_, seams_.make_transport(*bootstrap_, *bootstrap_->ads, ""));
  xds::ClientOptions options = OptionsFor(*bootstrap_->ads);
  options.on_stream_end = [this] {
    for (const auto& [url, type] : types_) CountFailure(*type, client_.get());
    if (last_good_ != nullptr) last_good_->StreamEnded();
  };
  client_ = std::make_unique<xds::Client>(*ads_transport_, seams_.loop, seams_.random,
                                          *control_plane_stats_, std::move(options));
  for (std::string_view url :
       {schema::kClusterTypeUrl, schema::kClusterLoadAssignmentTypeUrl, schema::kListenerTypeUrl,
        schema::kRouteConfigurationTypeUrl, schema::kSecretTypeUrl}) {
    Type& type = TypeOf(std::string(url));
    client_->AddType(type.resource, *type.sink, type.stats());
  }
  if (!bootstrap_->updates.last_good.has_value()) return absl::OkStatus();
  last_good_ = std::make_unique<LastGood>(
      *bootstrap_->updates.last_good, bootstrap_->node_id,
      LastGood::Seams{seams_.loop, seams_.files, seams_.executor}, *client_, book_);
  return absl::OkStatus();
}

void DynamicConfig::NothingWaits() {
  if (last_good_ != nullptr) last_good_->Keep();
}

void DynamicConfig::Flush() {
  if (last_good_ != nullptr) last_good_->Flush();
}

void DynamicConfig::AddClusterTypes(ClusterDirector& clusters, std::function<void()> answered) {
  AddWholeType(
      {.set = {std::string(schema::kClusterTypeUrl), ""},
       .prepare = [this, &clusters](const std::string&,
                                    CompiledValue value) -> absl::StatusOr<std::function<void()>> {
         auto cluster = std::get<CompiledCluster>(std::move(value));
         WEIR_RETURN_IF_ERROR(clusters.Check(*cluster.config));
         WEIR_RETURN_IF_ERROR(CheckSource(*cluster.config->eds_source));
         return [&clusters, cluster = std::move(cluster)] { clusters.Set(cluster); };
       },
       .remove = [&clusters](const std::string& name) { clusters.Remove(name); },
       .timed_out = [](const std::string&) {},
       .released = [](const std::string&) {},
       .first_answer = std::move(answered)},
      "cluster_manager.cds.");
  AddNamedType(
      {.set = {std::string(schema::kClusterLoadAssignmentTypeUrl), ""},
       .prepare = [&clusters](const std::string& key,
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
       .released = [&clusters](const std::string& key) { clusters.ForgetEndpoints(key); },
       .first_answer = nullptr},
      NamedSubscriptions::Kind::kEndpoints);
}

void DynamicConfig::AddListenerTypes(ListenerDirector& listeners, std::function<void()> answered) {
  AddWholeType(
      {.set = {std::string(schema::kListenerTypeUrl), ""},
       .prepare = [this, &listeners](const std::string&,
                                     CompiledValue value) -> absl::StatusOr<std::function<void()>> {
         auto listener = std::get<std::shared_ptr<const generation::Listener>>(std::move(value));
         WEIR_RETURN_IF_ERROR(CheckListener(*listener));
         WEIR_ASSIGN_OR_RETURN(ListenerDirector::Bound bound, listeners.Bind(std::move(listener)));
         return [&listeners, bound = std::move(bound)] { listeners.Set(bound); };
       },
       .remove = [&listeners](const std::string& name) { listeners.Remove(name); },
       .timed_out = [](const std::string&) {},
       .released = [](const std::string&) {},
       .first_answer = std::move(answered)},
      "listener_manager.lds.");
  AddNamedType(
      {.set = {std::string(schema::kRouteConfigurationTypeUrl), ""},
       .prepare = [&listeners](const std::string& key,
                               CompiledValue value) -> absl::StatusOr<std::function<void()>> {
         auto routes = std::get<std::shared_ptr<const router::RouteIndex>>(std::move(value));
         return [&listeners, key, routes = std::move(routes)] { listeners.SetRoutes(key, routes); };
       },
       .remove = [&listeners](const std::string& key) { listeners.RoutesTimedOut(key); },
       .timed_out = [&listeners](const std::string& key) { listeners.RoutesTimedOut(key); },
       .released = [&listeners](const std::string& key) { listeners.ForgetRoutes(key); },
       .first_answer = nullptr},
      NamedSubscriptions::Kind::kRoutes);
}

void DynamicConfig::AddSecretType(SecretDirector& secrets) {
  AddNamedType(
      {.set = {std::string(schema::kSecretTypeUrl), ""},
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
       .first_answer = nullptr,
       .files = &seams_.files},
      NamedSubscriptions::Kind::kSecrets);
}

void DynamicConfig::AddWholeType(TypeTarget target, std::string_view stats_prefix) {
  auto type = std::unique_ptr<Type>(new Type{.resource = {target.set.type_url, true}});
  type->whole.emplace(seams_.registry, stats::Scope{stats_prefix, ""});
  AddType(std::move(type), std::move(target));
}

void DynamicConfig::AddNamedType(TypeTarget target, NamedSubscriptions::Kind kind) {
  auto type = std::unique_ptr<Type>(new Type{.resource = {target.set.type_url, false}});
  type->named = std::make_unique<NamedSubscriptions>(kind);
  type->named_source =
      seams_.registry.AddSource([named = type->named.get()] { return named->Samples(); });
  target.subscriptions = type->named.get();
  AddType(std::move(type), std::move(target));
}

void DynamicConfig::AddType(std::unique_ptr<Type> type, TypeTarget target) {
  type->sink = MakeSink(target);
  std::unique_ptr<Type>& place = types_[target.set.type_url];
  place = std::move(type);
  place->target = std::move(target);
}

std::unique_ptr<TypeSink> DynamicConfig::MakeSink(const TypeTarget& target) {
  return std::make_unique<TypeSink>(target, transactional_, compiler_, seams_.executor, seams_.loop,
                                    book_);
}

TypeSink& DynamicConfig::SinkFor(Type& type, const config::ConfigSource& source,
                                 std::unique_ptr<TypeSink>& own) {
  if (type.named == nullptr) return *type.sink;
  TypeTarget target = type.target;
  target.set.origin = config::OriginOf(source);
  own = MakeSink(target);
  return *own;
}

void DynamicConfig::CountFailure(Type& type, const void* source) {
  if (type.named != nullptr) type.named->Failed(source);
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
      return WatchFile(type, source, xds::kWildcard);
    case config::ConfigSource::Kind::kGrpc:
      if (OwnStream* const stream = GetStream(type, source)) {
        stream->client->Subscribe(type.resource.type_url, xds::kWildcard,
                                  source.initial_fetch_timeout);
        return absl::OkStatus();
      }
      return InvalidArgument(
          StrCat("there is no way to the control plane of cluster \"", source.grpc.cluster, "\""));
  }
  return absl::OkStatus();
}

// --- Streams for one type

DynamicConfig::OwnStream* DynamicConfig::FindStream(const std::string& type_url,
                                                    const config::GrpcSource& source) {
  for (const auto& stream : streams_) {
    if (stream->type_url == type_url && stream->source == source) return stream.get();
  }
  return nullptr;
}

DynamicConfig::OwnStream* DynamicConfig::GetStream(Type& type, const config::ConfigSource& source) {
  if (OwnStream* const known = FindStream(type.resource.type_url, source.grpc)) {
    ++known->users;
    return known;
  }
  auto transport = seams_.make_transport(*bootstrap_, source.grpc, type.resource.type_url);
  if (!transport.ok()) {
    WEIR_LOG(kConfig, kError, type.resource.type_url, ": ", MessageOf(transport.status()));
    return nullptr;
  }
  auto stream = std::unique_ptr<OwnStream>(
      new OwnStream{.type_url = type.resource.type_url,
                    .source = source.grpc,
                    .sink = {},
                    .transport = *std::move(transport),
                    .stats = {seams_.registry, stats::Scope{"control_plane.", ""}},
                    .client = {},
                    .users = 1});
  xds::ClientOptions options = OptionsFor(source.grpc);
  options.on_stream_end = [&type, own = stream.get()] { CountFailure(type, own->client.get()); };
  stream->client = std::make_unique<xds::Client>(*stream->transport, seams_.loop, seams_.random,
                                                 *stream->stats, std::move(options));
  stream->client->AddType(type.resource, SinkFor(type, source, stream->sink), type.stats());
  stream->client->Start();
  streams_.push_back(std::move(stream));
  return streams_.back().get();
}

void DynamicConfig::DropUnused() {
  std::erase_if(streams_, [](const auto& stream) { return stream->users == 0; });
  std::erase_if(files_, [](const auto& entry) {
    const auto& [place, file] = entry;
    if (file.users > 0) return false;
    for (const std::string& name : file.names) file.sink->OnReleased(name);
    file.sink->ReleaseAll();
    return true;
  });
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

absl::Status DynamicConfig::WatchFile(Type& type, const config::ConfigSource& source,
                                      std::string_view name) {
  WatchedFile& file = files_[{type.resource.type_url, source.path}];
  file.names.emplace(name);
  ++file.users;
  if (file.source != nullptr) return absl::OkStatus();
  file.source = std::make_unique<xds::FileSource>(
      xds::FileSeams{seams_.files, seams_.executor, seams_.loop},
      xds::FileLocation{.path = source.path, .watched_directory = source.watched_directory},
      seams_.parse_file, type.resource, SinkFor(type, source, file.sink), type.stats());
  file.source->set_on_failure([&type, own = file.source.get()] { CountFailure(type, own); });
  return file.source->Start();
}

void DynamicConfig::TypeSubscriber::Subscribe(const std::string& name,
                                              const config::ConfigSource& source,
                                              const std::string& stats) {
  Type& type = config_.TypeOf(type_url_);
  type.named->Add(KeyOf(name, source), stats, Join(type, name, source));
}

const void* DynamicConfig::TypeSubscriber::Join(Type& type, const std::string& name,
                                                const config::ConfigSource& source) {
  if (source.kind == config::ConfigSource::Kind::kPath) {
    const absl::Status status = config_.WatchFile(type, source, name);
    if (!status.ok()) WEIR_LOG(kConfig, kError, type_url_, " \"", name, "\": ", MessageOf(status));
    return config_.files_.find({type_url_, source.path})->second.source.get();
  }
  xds::Client* client = config_.client_.get();
  if (source.kind == config::ConfigSource::Kind::kGrpc) {
    OwnStream* const stream = config_.GetStream(type, source);
    client = stream == nullptr ? nullptr : stream->client.get();
  }
  if (client != nullptr) client->Subscribe(type_url_, name, source.initial_fetch_timeout);
  return client;
}

void DynamicConfig::TypeSubscriber::Unsubscribe(const std::string& name,
                                                const config::ConfigSource& source,
                                                const std::string& stats) {
  config_.TypeOf(type_url_).named->Remove(KeyOf(name, source), stats);
  Leave(name, source);
}

void DynamicConfig::TypeSubscriber::Leave(const std::string& name,
                                          const config::ConfigSource& source) {
  if (source.kind == config::ConfigSource::Kind::kGrpc) {
    OwnStream* const stream = config_.FindStream(type_url_, source.grpc);
    if (stream == nullptr) return;
    stream->client->Unsubscribe(type_url_, name);
    --stream->users;
  } else if (source.kind == config::ConfigSource::Kind::kPath) {
    --config_.files_.find({type_url_, source.path})->second.users;
  } else {
    if (config_.client_ != nullptr) config_.client_->Unsubscribe(type_url_, name);
    return;
  }
  config_.seams_.loop.AtTurnEnd(config_.drop_unused_);
}

}  // namespace weir::server
