// A cluster as one worker uses it: hosts, balancer, pools, limits, counters. Made at its first use
// on that worker.
//
// Owned by the worker's ClusterMap; worker's thread. Users hold no Cluster across turns unless they
// have a request in it: a removed cluster lives until its last request has ended (draining), and
// answers no Find.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/local_ref.h"
#include "source/config/cluster.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/host.h"
#include "source/upstream/stream_request.h"

namespace weir::upstream {

enum class Start { kReady, kPending, kFailed };

class TcpConnection;

// A cluster's configuration as one worker has it. Requests that use a part of it hold it by a plain
// count; the shared pointer's would be a locked one.
class HeldConfig : public LocalCounted<HeldConfig> {
 public:
  explicit HeldConfig(std::shared_ptr<const config::Cluster> config) : config_(std::move(config)) {}
  const config::Cluster& get() const { return *config_; }

 private:
  const std::shared_ptr<const config::Cluster> config_;
};
using ConfigRef = LocalRef<HeldConfig>;

class Cluster {
 public:
  virtual ~Cluster() = default;

  // As it is now: an update brings another one.
  virtual const ConfigRef& config() const = 0;
  virtual ClusterStats& stats() = 0;
  // Beside them, for requests that bring a name. Null: there are too many names already.
  virtual AltStats* alt_stats(std::string_view name) = 0;

  // Picks a host, takes an idle connection or opens one, within the circuit breakers. See
  // StreamRequest.
  virtual Start StartStream(StreamRequest& request, const StreamOptions& options) = 0;
  // Opens a connection for the caller alone. kFailed: *error is set. Otherwise *connection is there
  // and the handler hears of it from the loop; destroying the connection closes it and gives its
  // leases back.
  virtual Start StartTcp(TcpRequestHandler& handler, const StreamOptions& options,
                         std::unique_ptr<TcpConnection>* connection, http::StreamError* error) = 0;
  // Takes a retry from max_retries or the retry_budget; false when there is none left
  // (upstream_rq_retry_overflow counts it). Given back by EndRetry; a removed cluster lives until
  // it is.
  virtual bool BeginRetry(bool high_priority) = 0;
  virtual void EndRetry(bool high_priority) = 0;
  virtual const std::vector<HostRef>& hosts() const = 0;
};

// A raw connection, its host and its part in the cluster's limits.
class TcpConnection {
 public:
  virtual ~TcpConnection() = default;
  // The connected stream, after OnTcpReady; its owner stays this object.
  virtual net::ByteStream& stream() = 0;
  virtual const HostRef& host() const = 0;
};

}  // namespace weir::upstream
