// All discovery streams and the snapshot they converge to: the whole protocol server but for the
// transport.
//
//   engine.Open(...) -> id
//   OnRequest(id, ...), SetSnapshot(...), OnTimer(now) -> what to send, to whom
//   Close(id)
//
// One thread, no locks, no I/O; the shell that owns it brings requests and the time, and sends what
// comes out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "source/control/engine/node_status.h"
#include "source/control/engine/node_views.h"
#include "source/control/engine/response.h"
#include "source/control/engine/snapshot.h"
#include "source/control/engine/stream.h"

namespace weir::control::engine {

// Bytes for one stream, or its end.
struct Outgoing {
  uint64_t stream = 0;
  EncodedResponse bytes;
  absl::Status close;  // Not OK: close the stream with this status; `bytes` is empty.
};

class Engine {
 public:
  // Until SetSnapshot is called the snapshot is empty: callers load their configuration first.
  // `views` outlives the engine; null: all clients see the same, and are whoever they say.
  explicit Engine(NodeViews* views = nullptr);

  uint64_t Open(StreamOptions options, std::string peer, Time now);
  void Close(uint64_t stream);

  // `bytes` as they came from the client. Unknown streams are ignored (they were closed meanwhile).
  void OnRequest(uint64_t stream, std::string_view bytes, Time now, std::vector<Outgoing>& out);
  void SetSnapshot(SnapshotPtr snapshot, Time now, std::vector<Outgoing>& out);
  void OnTimer(Time now, std::vector<Outgoing>& out);
  // Asks for every client's own view anew: what NodeViews would answer may have changed.
  void RefreshViews(Time now, std::vector<Outgoing>& out);
  // Sends what clients named `node_id` refused once more; all clients when empty. The number of
  // streams.
  size_t Retry(std::string_view node_id, Time now, std::vector<Outgoing>& out);

  // As many states of the clusters are remembered, for clients that come back with one of them.
  static constexpr size_t kRememberedViews = 16;
  // What returning clients may still hold, for a server that has just started: the clusters of
  // earlier revisions, the oldest first. Call before SetSnapshot and the first stream.
  void RememberClusters(const Snapshot& earlier);

  std::optional<Time> NextDeadline() const;
  const SnapshotPtr& snapshot() const { return snapshot_; }
  size_t stream_count() const { return streams_.size(); }
  uint64_t encoded_bodies() const { return encoder_.encoded_bodies(); }
  // Sorted by node id, then stream.
  std::vector<NodeStatus> Status() const;

 private:
  static constexpr size_t kRememberedNodes = 4096;

  // What one client sees, where that is not what all see.
  struct OwnView {
    std::vector<ResourcePtr> resources;
    SnapshotPtr snapshot;
    Time ask_again;
  };

  absl::Status MeetNode(uint64_t id, const Request& request, Time now);
  absl::Status Personalise(uint64_t id, const Node& node, Time now);
  const SnapshotPtr& SnapshotFor(uint64_t id);
  void Renew(uint64_t id, Time now, std::vector<Outgoing>& out);
  void Emit(uint64_t stream, std::vector<Response>& responses, std::vector<Outgoing>& out);
  void Remember(ClusterHistory::View view);
  void Depart(const Stream& stream);

  NodeViews* const views_;
  std::map<uint64_t, OwnView> own_views_;  // By stream.
  SnapshotPtr snapshot_;
  ClusterHistory history_;
  ResponseEncoder encoder_;
  uint64_t last_stream_ = 0;
  std::map<uint64_t, std::unique_ptr<Stream>> streams_;
};

}  // namespace weir::control::engine
