// One discovery stream: a client's types together, and the order in which a change reaches them.
//
// A change goes out in phases, so that no request ever meets a route whose cluster is gone or not
// there yet:
//
//          SetSnapshot             A accepted             B accepted            C accepted
//   settled ----------> A kMake --------------> B kSwitch -----------> C kClean ----------> settled
//                       clusters old and new,   listeners, routes      old clusters and
//                       endpoints, secrets      and the rest           endpoints go
//
// Clusters, endpoints and secrets always come from the newest snapshot; listeners and routes from
// the newest whose phase A is accepted. Phase A also waits until the client has asked for and
// accepted the endpoints of each changed cluster. A phase that is refused or takes longer than the
// timeout makes the stream `stuck`: it goes on serving endpoints and answering what is asked for,
// and removes nothing, until the client accepts or another snapshot comes. The first answers of a
// new stream wait for nothing, unless the client says that it holds routes from an earlier stream.
//
// Pure state, no I/O: time is handed in. Engine's thread; owned by Engine.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "source/base/hash_map.h"
#include "source/control/engine/node_status.h"
#include "source/control/engine/request.h"
#include "source/control/engine/response.h"
#include "source/control/engine/snapshot.h"
#include "source/control/engine/type_stream.h"

namespace weir::control::engine {

struct StreamOptions {
  Variant variant = Variant::kSotw;
  std::string
      only_type;  // Not empty: the stream of a single-type service, where the type is implied.
  Duration phase_timeout = std::chrono::seconds(15);
  // Who the transport says that the client is; "" when it does not know.
  std::string identity = "";
  bool wrap_sotw = false;  // Wrap SotW resources for clients that list the feature (C8).
};

// What a returning client may hold.
struct ClusterHistory {
  using View = std::shared_ptr<const TypeView>;
  std::vector<View> views;  // Of earlier snapshots, newest first.
  // By node: what SotW clients took of answers that they refused, when they never accepted one and
  // so come back without a version.
  HashMap<View> partly_held;
};

class Stream {
 public:
  // `history` outlives the stream.
  Stream(uint64_t id, StreamOptions options, SnapshotPtr snapshot, const ClusterHistory& history,
         std::string peer, Time now);

  // Responses to send, in order, are added to `out`. An error: close the stream with it.
  absl::Status OnRequest(const Request& request, Time now, std::vector<Response>& out);
  void SetSnapshot(SnapshotPtr snapshot, Time now, std::vector<Response>& out);
  void OnTimer(Time now, std::vector<Response>& out);
  // The operator's wish: refused bytes are sent once more.
  void Retry(Time now, std::vector<Response>& out);

  // When OnTimer() is wanted next.
  std::optional<Time> deadline() const { return deadline_; }
  uint64_t id() const { return id_; }
  Variant variant() const { return options_.variant; }
  const std::string& identity() const { return options_.identity; }
  // What the client has of the clusters, if it has accepted no answer with them: see
  // ClusterHistory::partly_held. Null when there is nothing to remember.
  ClusterHistory::View PartlyHeldClusters() const;
  const std::optional<Node>& node() const { return node_; }
  NodeStatus Status() const;

 private:
  absl::Status CheckFirst(const Request& request);
  std::string TypeOf(const Request& request) const;
  TypeStream& TypeFor(const std::string& type_url);
  const TypeStream* FindType(std::string_view type_url) const;
  TypeStream* FindType(std::string_view type_url);
  bool AssumeHeld(TypeStream& clusters, const Request& request);

  void Advance(Time now, std::vector<Response>& out);
  void SendDue(Time now, std::vector<Response>& out);
  void FollowClusters(const Response& response);
  RolloutView ViewOf(const TypeStream& type) const;
  bool MustWait(const TypeStream& type) const;

  bool Step(Time now);
  void PruneAwaited();
  bool AwaitsEndpoints() const;
  bool MakeDone();
  bool AllSettled(bool early_types) const;
  bool AnyAnswered(bool early_types) const;
  bool AnyRefused(bool early_types) const;
  bool AnyWaiting(bool early_types) const;
  void Enter(Phase phase, Time now);
  void StartRollout(Time now);
  void NoteStuck(std::string_view why);

  const uint64_t id_;
  const StreamOptions options_;
  const ClusterHistory& history_;
  const std::string peer_;
  const Time connected_;
  std::optional<Node> node_;
  bool wrap_ = false;
  bool resumed_ = false;  // The client holds something from an earlier stream.

  // In the order of sending: rank, then type URL.
  std::map<std::pair<int, std::string>, std::unique_ptr<TypeStream>> types_;
  uint64_t last_nonce_ = 0;

  SnapshotPtr newest_;   // Clusters, endpoints, secrets.
  SnapshotPtr rolling_;  // Being rolled out.
  SnapshotPtr held_;     // Listeners, routes and the rest.
  Phase phase_ = Phase::kMake;
  Time rollout_began_;
  std::optional<Time> deadline_;
  bool timed_out_ = false;
  std::string stuck_why_;
  // Endpoints that a changed cluster needs and the client has not accepted since: their name to the
  // cluster's.
  HashMap<std::string> awaited_endpoints_;
};

}  // namespace weir::control::engine
