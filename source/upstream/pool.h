// The connections of one worker to one host, for one protocol (or the one that each handshake
// agrees on) and priority.
//
// A request takes the connection that was used last (those that are not needed grow old and close)
// or waits, first come, first served, while as many connections are opened as those that wait need.
// HTTP/1 carries one request a connection; HTTP/2 as many as both sides allow, and then another
// connection is opened.
//
// A connection that cannot be established fails as many of those that wait as it was opened for;
// the others wait for other connections. Where max_connections is reached, an idle connection of
// the same cluster is closed in favour of who waits: of this worker at once, of another one when it
// hears of it.
//
// Owned by the cluster; worker's thread.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "source/upstream/cluster.h"
#include "source/upstream/pool_connection.h"
#include "source/upstream/stream_queue.h"

namespace weir::upstream {

class Pool {
 public:
  // What its connections say of whom they are for, and where it is found by that; neither for most.
  struct Keyed {
    std::string key;
    net::ConnectionPurpose purpose;
  };

  // `to_host`: the limit of connections to its host; null: there is none.
  Pool(PoolContext& context, HostRef host, uint8_t index,
       std::shared_ptr<const ConnectionSettings> settings, std::shared_ptr<SharedLimit> to_host,
       Keyed keyed = {});
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  using Kind = PoolKind;
  // The place of a pool among its host's.
  static uint8_t IndexOf(Kind kind, bool high_priority) {
    return static_cast<uint8_t>(2 * static_cast<uint8_t>(kind) + (high_priority ? 1 : 0));
  }
  Kind kind() const { return static_cast<Kind>(index_ / 2); }
  bool high_priority() const { return (index_ & 1) != 0; }
  uint8_t index() const { return index_; }
  const HostRef& host() const { return host_; }
  const std::string& key() const { return keyed_.key; }
  const net::ConnectionPurpose& purpose() const { return keyed_.purpose; }

  Start StartStream(StreamRequest& request);
  // Connections that stand keep theirs.
  void UseForNewConnections(std::shared_ptr<const ConnectionSettings> settings) {
    settings_ = std::move(settings);
  }

  // For good: nothing starts here any more; those that wait move to `pending`, idle connections
  // close, the others after their streams.
  void Retire(StreamQueue& pending);
  // The cluster ends: as Retire, but those that wait are still served here.
  void Drain();
  // Closes the connection that has been idle longest; false when none is idle.
  bool CloseOneIdle();
  // Opens what is missing for those that wait.
  void OpenConnections();
  // Whether a connection to its host is waited for, here or elsewhere, that others may have.
  bool host_wanted() const;
  // Nobody waits any more for what the host's limit denied.
  void StopAwaitingHost();
  // Somebody waits, and there is no connection that could serve him.
  bool starving() const { return !pending_.empty() && connections() == 0; }
  bool unused() const { return pending_.empty() && connections() == 0; }
  bool busy() const;
  // What its connections hold, and how many there are.
  size_t AddHeld(buffer::Ledger& ledger) const;

  // From the connections.
  void OnOpen(PoolConnection& connection);
  // Streams have ended, or how many it takes has changed.
  void OnChange(PoolConnection& connection);
  // It is closed and its lease given back: takes it out of the lists.
  void Forget(PoolConnection& connection) { ConnectionList::Remove(connection); }
  // What it took of the limits.
  void GiveConnectionBack();
  void OnConnectFailed(PoolConnection& connection, const http::StreamError& error);
  void OnClosed(PoolConnection& connection);

 private:
  size_t connections() const {
    return ready_.size() + full_.size() + connecting_.size() + draining_.size();
  }
  // How many of those that wait one connection may serve.
  size_t capacity() const { return multiplexes_ ? settings_->max_concurrent_streams : 1; }
  // A connection that takes a stream now, or null. What happened to a connection within this turn
  // may be known to its codec alone, as a GOAWAY is while the bytes behind it are decoded.
  PoolConnection* FindReady();
  bool OpenConnection();
  bool TakeOfHost();
  bool TakeOfCluster();
  // Another pool waits for a connection to the host, or one was given back for which this one does.
  void OnHostWake();
  void Place(PoolConnection& connection);
  // A connection has ended.
  void TellOwner();
  void ServePending();
  void Overflow(StreamRequest& request);
  void Attach(PoolConnection& connection, StreamRequest& request);

  PoolContext& context_;
  const HostRef host_;
  std::shared_ptr<const ConnectionSettings> settings_;
  const uint8_t index_;
  const Keyed keyed_;
  // Whether the next connection will take several requests: where that is negotiated, as the last
  // one did, and at first as if it did.
  bool multiplexes_;
  bool closes_idle_ = false;
  // Of connections to the host; null: they are not limited. Wakes through `alive`.
  struct HostLease {
    explicit HostLease(std::shared_ptr<SharedLimit> limit) : lease(std::move(limit)) {}
    Lease lease;
    std::shared_ptr<Pool*> alive;
  };
  std::unique_ptr<HostLease> to_host_;
  ConnectionList ready_;  // Take a stream now; the last used first.
  ConnectionList full_;
  ConnectionList connecting_;
  ConnectionList draining_;
  StreamQueue pending_;
};

}  // namespace weir::upstream
