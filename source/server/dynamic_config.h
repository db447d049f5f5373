// Configuration that comes while the server runs: one xDS stream, watched files, and the
// subscriptions that clusters and listeners make for what they name.
//
// Main thread. Sinks compile on the pool and feed the directors.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/bootstrap.h"
#include "source/event/executor.h"
#include "source/event/files.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/server/cluster_director.h"
#include "source/server/last_good.h"
#include "source/server/listener_director.h"
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

// What DynamicConfig is built from; all of it outlives it.
struct DynamicSeams {
  event::Loop& loop;
  event::Random& random;
  event::Files& files;
  event::Executor& executor;
  stats::Registry& registry;
  xds::ParseFile parse_file;
  MakeTransport make_transport;
};

class DynamicConfig {
 public:
  DynamicConfig(const DynamicSeams& seams, const ResourceCompiler& compiler, ResourceBook& book);
  DynamicConfig(const DynamicConfig&) = delete;
  DynamicConfig& operator=(const DynamicConfig&) = delete;
  ~DynamicConfig();

  // The subscriptions of clusters for endpoints, and of listeners for routes; they go to Start's
  // directors.
  Subscriber& endpoint_subscriber() { return endpoints_; }
  Subscriber& route_subscriber() { return routes_; }
  // Of both for secrets.
  Subscriber& secret_subscriber() { return secrets_; }

  struct Directors {
    ClusterDirector& clusters;
    ListenerDirector& listeners;
    SecretDirector& secrets;
  };
  // `clusters_answered` is called once, when the first answer for all clusters came or did not come
  // in time (at once when there are no dynamic ones). `bootstrap` outlives this.
  absl::Status Start(const config::Bootstrap& bootstrap, const Directors& directors,
                     std::function<void()> clusters_answered,
                     std::function<void()> listeners_answered);
  // Whatever was accepted is in force: the last good generation is written, where it is kept.
  void NothingWaits();
  // What waits to be written is written without a delay: the process is about to end.
  void Flush();
  bool connected() const { return client_ != nullptr && client_->connected(); }

 private:
  struct Type;  // A type's sink and counters.

  // Turns the subscriptions for one type into those of the client or of a file.
  class TypeSubscriber final : public Subscriber {
   public:
    TypeSubscriber(DynamicConfig& config, std::string type_url)
        : config_(config), type_url_(std::move(type_url)) {}
    void Subscribe(const std::string& name, const config::ConfigSource& source,
                   const std::string& stats) override;
    void Unsubscribe(const std::string& name, const config::ConfigSource& source,
                     const std::string& stats) override;

   private:
    // The stream or file that the resource comes by from now on; null where there is none.
    const void* Join(Type& type, const std::string& name, const config::ConfigSource& source);
    void Leave(const std::string& name, const config::ConfigSource& source);
    static std::string KeyOf(const std::string& name, const config::ConfigSource& source) {
      return config::ResourceKey(name, config::OriginOf(source));
    }

    DynamicConfig& config_;
    const std::string type_url_;
  };
  struct WatchedFile {
    std::unique_ptr<TypeSink> sink;  // Null: that of the type.
    std::unique_ptr<xds::FileSource> source;
    HashSet names;  // That were ever asked for.
    uint32_t users = 0;
  };

  // A stream for one type, from a source of its own.
  struct OwnStream {
    const std::string type_url;
    const config::GrpcSource source;
    std::unique_ptr<TypeSink> sink;  // Null: that of the type.
    std::unique_ptr<xds::Transport> transport;
    stats::Block<xds::ControlPlaneStats> stats;
    std::unique_ptr<xds::Client> client;
    uint32_t users = 0;
  };

  absl::Status MakeAdsClient();
  xds::ClientOptions OptionsFor(const config::GrpcSource& source) const;
  // Null, after a line in the log, when there is no way to that source.
  OwnStream* GetStream(Type& type, const config::ConfigSource& source);
  OwnStream* FindStream(const std::string& type_url, const config::GrpcSource& source);
  // Ends the streams and files that nobody uses any more: their own updates may have ended it.
  void DropUnused();
  // Whether resources can come from there: its cluster must be one of the bootstrap's.
  absl::Status CheckSource(const config::ConfigSource& source) const;
  absl::Status CheckListener(const generation::Listener& listener) const;
  void AddClusterTypes(ClusterDirector& clusters, std::function<void()> answered);
  void AddListenerTypes(ListenerDirector& listeners, std::function<void()> answered);
  void AddSecretType(SecretDirector& secrets);
  // A type that is asked for as a whole, and one whose resources are asked for by name.
  void AddWholeType(TypeTarget target, std::string_view stats_prefix);
  void AddNamedType(TypeTarget target, NamedSubscriptions::Kind kind);
  void AddType(std::unique_ptr<Type> type, TypeTarget target);
  std::unique_ptr<TypeSink> MakeSink(const TypeTarget& target);
  // Where what comes from `source` goes: to a sink of its own, which `own` holds, where resources
  // are asked for by name.
  TypeSink& SinkFor(Type& type, const config::ConfigSource& source, std::unique_ptr<TypeSink>& own);
  Type& TypeOf(const std::string& type_url);
  absl::Status SubscribeAll(Type& type, const config::ConfigSource& source);
  // The file is there, watched, whatever became of its first reading.
  absl::Status WatchFile(Type& type, const config::ConfigSource& source, std::string_view name);
  static void CountFailure(Type& type, const void* source);

  const DynamicSeams seams_;
  const ResourceCompiler& compiler_;
  ResourceBook& book_;
  bool transactional_ = false;
  TypeSubscriber endpoints_;
  TypeSubscriber routes_;
  TypeSubscriber secrets_;
  std::map<std::string, std::unique_ptr<Type>> types_;
  stats::Block<xds::ControlPlaneStats> control_plane_stats_;
  std::map<std::pair<std::string, std::string>, WatchedFile> files_;  // By type and path.
  const config::Bootstrap* bootstrap_ = nullptr;                      // Set by Start.
  std::vector<std::unique_ptr<OwnStream>> streams_;
  event::TurnEndTask drop_unused_;
  std::unique_ptr<xds::Transport> ads_transport_;
  std::unique_ptr<xds::Client> client_;  // Of ads_config.
  std::unique_ptr<LastGood> last_good_;  // Null: nothing is kept.
};

}  // namespace weir::server
