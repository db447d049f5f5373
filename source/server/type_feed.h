// All resources of one type, from wherever they come: the stream of ADS, streams of the type's own,
// watched files, the bootstrap.
//
//   TypeFeed feed(seams, type_url, ...)  a Subscriber from here on
//   feed.Start(bootstrap, target)        before anything is asked for
//   feed.JoinAds(client)                 where there is one
//
// Resources that are asked for by name have a sink for each origin (see config::OriginOf), as names
// are unique there alone. A stream or file that nobody uses any more goes at the end of the turn:
// its own update may be what ended its use.
//
// Main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"
#include "source/config/bootstrap.h"
#include "source/event/executor.h"
#include "source/event/files.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/server/given_resource.h"
#include "source/server/named_subscriptions.h"
#include "source/server/subscriber.h"
#include "source/server/type_sink.h"
#include "source/stats/registry.h"
#include "source/xds/client.h"
#include "source/xds/file_source.h"

namespace weir::server {

// The transport to the control plane that a source names: for one type, or, with an empty type URL,
// for all of them by ADS. `bootstrap` has the cluster.
using MakeTransport = std::function<absl::StatusOr<std::unique_ptr<xds::Transport>>(
    const config::Bootstrap& bootstrap, const config::GrpcSource& source,
    std::string_view type_url)>;

// How a client speaks to that control plane.
xds::ClientOptions ClientOptionsOf(const config::Bootstrap& bootstrap,
                                   const config::GrpcSource& source);

// What feeds are built from; all of it outlives them.
struct FeedSeams {
  event::Loop& loop;
  event::Random& random;
  event::Files& files;
  event::Executor& executor;
  stats::Registry& registry;
  xds::ParseFile parse_file;
  MakeTransport make_transport;
  const ResourceCompiler& compiler;
  ResourceBook& book;
};

class TypeFeed final : public Subscriber {
 public:
  // Of a type that is asked for by names, each with counters of its own.
  TypeFeed(const FeedSeams& seams, std::string_view type_url, NamedSubscriptions::Kind kind);
  // Of a type that is asked for as a whole, with counters under that prefix.
  TypeFeed(const FeedSeams& seams, std::string_view type_url, std::string_view stats_prefix);
  TypeFeed(const TypeFeed&) = delete;
  TypeFeed& operator=(const TypeFeed&) = delete;
  ~TypeFeed();

  // `bootstrap` outlives this. Of the target, the type and what counts are filled in here.
  void Start(const config::Bootstrap& bootstrap, TypeTarget target);
  // The client outlives the last subscription.
  void JoinAds(xds::Client& client);
  // The error says why nothing can come from there.
  absl::Status SubscribeAll(const config::ConfigSource& source);
  // The stream ended, or the file cannot be read.
  void CountFailure(const void* source);

  // Subscriber
  void Subscribe(const std::string& name, const config::ConfigSource& source,
                 const std::string& stats) override;
  void Unsubscribe(const std::string& name, const config::ConfigSource& source,
                   const std::string& stats) override;

 private:
  // Where what is asked for by name goes is its own sink; null: the sink of all.
  struct File {
    std::unique_ptr<TypeSink> sink;
    std::unique_ptr<xds::FileSource> source;
    HashSet names;  // That were ever asked for.
    uint32_t users = 0;
  };
  struct Given {
    std::unique_ptr<TypeSink> sink;
    std::unique_ptr<GivenResource> resource;
    uint32_t users = 0;
  };
  struct Stream {
    // A name, and for how long its first answer is waited for.
    using Wanted = std::pair<std::string, event::Duration>;
    const config::GrpcSource source;
    std::unique_ptr<TypeSink> sink;
    std::unique_ptr<xds::Transport> transport;
    stats::Block<xds::ControlPlaneStats> stats;
    std::unique_ptr<xds::Client> client;  // Null: no transport could be made so far.
    std::vector<Wanted> wanted;           // Once there is a client.
    uint32_t users = 0;
  };

  xds::SubscriptionStats& stats() { return whole_.has_value() ? **whole_ : unnamed_; }
  std::unique_ptr<TypeSink> MakeSink(const TypeTarget& target) const;
  TypeSink& SinkFor(const config::ConfigSource& source, std::unique_ptr<TypeSink>& own) const;
  // What the resource comes by from now on; null where there is nothing.
  const void* Join(const std::string& name, const config::ConfigSource& source);
  void Leave(const std::string& name, const config::ConfigSource& source);
  Stream* FindStream(const config::GrpcSource& source) const;
  // The stream, used once more; its client is made where there is none, which may fail, with a line
  // in the log.
  Stream& UseStream(const config::ConfigSource& source);
  void Open(Stream& stream, const config::ConfigSource& source);
  // The file is there, watched, whatever became of its first reading.
  absl::Status WatchFile(const config::ConfigSource& source, std::string_view name);
  const void* UseGiven(const std::string& name, const config::ConfigSource& source);
  void DropUnused();

  const FeedSeams& seams_;
  const xds::ResourceType resource_;
  // Of all resources, where they are asked for as a whole...
  std::optional<stats::Block<xds::SubscriptionStats>> whole_;
  // ...and else of each, beside what no name of Envoy's tells: the sum of them.
  std::unique_ptr<NamedSubscriptions> named_;
  xds::SubscriptionStats unnamed_;
  std::shared_ptr<void> named_source_;  // Of the registry.

  const config::Bootstrap* bootstrap_ = nullptr;
  TypeTarget target_;               // Of ADS, as is the sink.
  std::unique_ptr<TypeSink> sink_;  // Null before Start.
  xds::Client* ads_ = nullptr;
  std::map<std::string, File> files_;   // By path.
  std::map<std::string, Given> given_;  // By name.
  std::vector<std::unique_ptr<Stream>> streams_;
  event::TurnEndTask drop_unused_;
};

}  // namespace weir::server
