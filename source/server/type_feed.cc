#include "source/server/type_feed.h"

#include <algorithm>
#include <utility>

#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/status.h"

namespace weir::server {

xds::ClientOptions ClientOptionsOf(const config::Bootstrap& bootstrap,
                                   const config::GrpcSource& source) {
  xds::ClientOptions options;
  options.variant = source.delta ? xds::Variant::kDelta : xds::Variant::kSotw;
  options.node = bootstrap.node_bytes;
  if (source.rate_limit.has_value()) {
    options.max_tokens = source.rate_limit->max_tokens;
    options.tokens_per_second = source.rate_limit->fill_rate;
  }
  return options;
}

TypeFeed::TypeFeed(const FeedSeams& seams, std::string_view type_url, NamedSubscriptions::Kind kind)
    : seams_(seams),
      resource_{.type_url = std::string(type_url), .full_state_in_sotw = false},
      named_(std::make_unique<NamedSubscriptions>(kind)),
      named_source_(seams.registry.AddSource([named = named_.get()] { return named->Samples(); })),
      drop_unused_([this] { DropUnused(); }) {}

TypeFeed::TypeFeed(const FeedSeams& seams, std::string_view type_url, std::string_view stats_prefix)
    : seams_(seams),
      resource_{.type_url = std::string(type_url), .full_state_in_sotw = true},
      whole_(std::in_place, seams.registry, stats::Scope{stats_prefix, ""}),
      drop_unused_([this] { DropUnused(); }) {}

TypeFeed::~TypeFeed() = default;

void TypeFeed::Start(const config::Bootstrap& bootstrap, TypeTarget target) {
  bootstrap_ = &bootstrap;
  target.set.type_url = resource_.type_url;
  target.subscriptions = named_.get();
  target_ = std::move(target);
  sink_ = MakeSink(target_);
}

void TypeFeed::JoinAds(xds::Client& client) {
  ads_ = &client;
  client.AddType(resource_, *sink_, stats());
}

absl::Status TypeFeed::SubscribeAll(const config::ConfigSource& source) {
  switch (source.kind) {
    case config::ConfigSource::Kind::kNone:
    case config::ConfigSource::Kind::kGiven:  // Single resources alone.
      return absl::OkStatus();
    case config::ConfigSource::Kind::kAds:
    case config::ConfigSource::Kind::kSelf:
      if (ads_ == nullptr) {
        return InvalidArgument(StrCat("dynamic_resources: ", resource_.type_url,
                                      " comes by ads, and there is no ads_config"));
      }
      ads_->Subscribe(resource_.type_url, xds::kWildcard, source.initial_fetch_timeout);
      return absl::OkStatus();
    case config::ConfigSource::Kind::kPath:
      return WatchFile(source, xds::kWildcard);
    case config::ConfigSource::Kind::kGrpc:
      if (const Stream& stream = UseStream(source); stream.client != nullptr) {
        stream.client->Subscribe(resource_.type_url, xds::kWildcard, source.initial_fetch_timeout);
        return absl::OkStatus();
      }
      return InvalidArgument(
          StrCat("there is no way to the control plane of cluster \"", source.grpc.cluster, "\""));
  }
  return absl::OkStatus();
}

void TypeFeed::CountFailure(const void* source) {
  if (named_ != nullptr) named_->Failed(source);
}

void TypeFeed::Subscribe(const std::string& name, const config::ConfigSource& source,
                         const std::string& stats) {
  WEIR_CHECK(sink_ != nullptr, "resources are subscribed to after Start");
  named_->Add(config::ResourceKey(name, config::OriginOf(source)), stats, Join(name, source));
}

void TypeFeed::Unsubscribe(const std::string& name, const config::ConfigSource& source,
                           const std::string& stats) {
  named_->Remove(config::ResourceKey(name, config::OriginOf(source)), stats);
  Leave(name, source);
}

const void* TypeFeed::Join(const std::string& name, const config::ConfigSource& source) {
  if (source.kind == config::ConfigSource::Kind::kPath) {
    const absl::Status status = WatchFile(source, name);
    if (!status.ok()) {
      WEIR_LOG(kConfig, kError, resource_.type_url, " \"", name, "\": ", MessageOf(status));
    }
    return files_.find(source.path)->second.source.get();
  }
  if (source.kind == config::ConfigSource::Kind::kGiven) return UseGiven(name, source);
  if (source.kind == config::ConfigSource::Kind::kGrpc) {
    Stream& stream = UseStream(source);
    if (stream.client == nullptr) {
      stream.wanted.emplace_back(name, source.initial_fetch_timeout);
    } else {
      stream.client->Subscribe(resource_.type_url, name, source.initial_fetch_timeout);
    }
    return &stream;
  }
  if (ads_ != nullptr) ads_->Subscribe(resource_.type_url, name, source.initial_fetch_timeout);
  return ads_;
}

void TypeFeed::Leave(const std::string& name, const config::ConfigSource& source) {
  if (source.kind == config::ConfigSource::Kind::kGrpc) {
    Stream& stream = *FindStream(source.grpc);
    if (stream.client == nullptr) {
      stream.wanted.erase(std::find_if(stream.wanted.begin(), stream.wanted.end(),
                                       [&](const auto& wanted) { return wanted.first == name; }));
    } else {
      stream.client->Unsubscribe(resource_.type_url, name);
    }
    --stream.users;
  } else if (source.kind == config::ConfigSource::Kind::kPath) {
    --files_.find(source.path)->second.users;
  } else if (source.kind == config::ConfigSource::Kind::kGiven) {
    --given_.find(name)->second.users;
  } else {
    if (ads_ != nullptr) ads_->Unsubscribe(resource_.type_url, name);
    return;
  }
  seams_.loop.AtTurnEnd(drop_unused_);
}

std::unique_ptr<TypeSink> TypeFeed::MakeSink(const TypeTarget& target) const {
  return std::make_unique<TypeSink>(target, bootstrap_->updates.transactional, seams_.compiler,
                                    seams_.executor, seams_.loop, seams_.book);
}

TypeSink& TypeFeed::SinkFor(const config::ConfigSource& source,
                            std::unique_ptr<TypeSink>& own) const {
  if (named_ == nullptr) return *sink_;
  TypeTarget target = target_;
  target.set.origin = config::OriginOf(source);
  own = MakeSink(target);
  return *own;
}

TypeFeed::Stream* TypeFeed::FindStream(const config::GrpcSource& source) const {
  for (const auto& stream : streams_) {
    if (stream->source == source) return stream.get();
  }
  return nullptr;
}

TypeFeed::Stream& TypeFeed::UseStream(const config::ConfigSource& source) {
  Stream* stream = FindStream(source.grpc);
  if (stream == nullptr) {
    streams_.push_back(std::unique_ptr<Stream>(
        new Stream{.source = source.grpc,
                   .sink = {},
                   .transport = {},
                   .stats = {seams_.registry, stats::Scope{"control_plane.", ""}},
                   .client = {},
                   .wanted = {},
                   .users = 0}));
    stream = streams_.back().get();
  }
  ++stream->users;
  if (stream->client == nullptr) Open(*stream, source);
  return *stream;
}

void TypeFeed::Open(Stream& stream, const config::ConfigSource& source) {
  auto transport = seams_.make_transport(*bootstrap_, source.grpc, resource_.type_url);
  if (!transport.ok()) {
    WEIR_LOG(kConfig, kError, resource_.type_url, ": ", MessageOf(transport.status()));
    return;
  }
  stream.transport = *std::move(transport);
  xds::ClientOptions options = ClientOptionsOf(*bootstrap_, source.grpc);
  options.on_stream_end = [this, own = &stream] { CountFailure(own); };
  stream.client = std::make_unique<xds::Client>(*stream.transport, seams_.loop, seams_.random,
                                                *stream.stats, std::move(options));
  stream.client->AddType(resource_, SinkFor(source, stream.sink), stats());
  stream.client->Start();
  for (const auto& [name, timeout] : std::exchange(stream.wanted, {})) {
    stream.client->Subscribe(resource_.type_url, name, timeout);
  }
}

absl::Status TypeFeed::WatchFile(const config::ConfigSource& source, std::string_view name) {
  File& file = files_[source.path];
  file.names.emplace(name);
  ++file.users;
  if (file.source != nullptr) return absl::OkStatus();
  file.source = std::make_unique<xds::FileSource>(
      xds::FileSeams{seams_.files, seams_.executor, seams_.loop},
      xds::FileLocation{.path = source.path, .watched_directory = source.watched_directory},
      seams_.parse_file, resource_, SinkFor(source, file.sink), stats());
  file.source->set_on_failure([this, own = file.source.get()] { CountFailure(own); });
  return file.source->Start();
}

const void* TypeFeed::UseGiven(const std::string& name, const config::ConfigSource& source) {
  Given& given = given_[name];
  ++given.users;
  if (given.resource == nullptr) {
    given.resource = std::make_unique<GivenResource>(name, source, SinkFor(source, given.sink),
                                                     seams_.loop, seams_.random);
  }
  return given.resource.get();
}

void TypeFeed::DropUnused() {
  std::erase_if(streams_, [](const auto& stream) { return stream->users == 0; });
  std::erase_if(files_, [](const auto& entry) {
    const File& file = entry.second;
    if (file.users > 0) return false;
    for (const std::string& name : file.names) file.sink->OnReleased(name);
    file.sink->ReleaseAll();
    return true;
  });
  std::erase_if(given_, [](const auto& entry) {
    const auto& [name, given] = entry;
    if (given.users > 0) return false;
    given.sink->OnReleased(name);
    return true;
  });
}

}  // namespace weir::server
