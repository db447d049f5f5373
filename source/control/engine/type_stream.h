// One resource type on one discovery stream: what the client wants, was sent, accepted and refused,
// and from these the next response (rules C4 to C7, S1 to S12, D1 to D11).
//
//   OnRequest -> Next -> (response sent) -> OnRequest with its nonce (ACK or NACK) -> Next ...
//
// At most one response is outstanding; newer states wait behind it and are sent as one. Next()
// compares only what may have changed since it last looked. Engine's thread; owned by Stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"
#include "source/control/engine/node_status.h"
#include "source/control/engine/response.h"
#include "source/control/engine/snapshot.h"
#include "source/control/engine/subscription.h"

namespace weir::control::engine {

// What a type looks like at this point of a roll-out.
struct RolloutView {
  const TypeView* target = nullptr;    // Null: no resources of this type.
  const TypeView* fallback = nullptr;  // For names that are asked for now and that `target` lacks.
  bool keep_all = false;               // Nothing that the client has is removed.
  const TypeView* keep = nullptr;      // What the client has and this view names is not removed.
  uint64_t sequence = 0;               // Of the snapshot of `target`.
};

class TypeStream {
 public:
  TypeStream(std::string type_url, Variant variant, bool wrap);

  // True when the request brought something to answer or acknowledged something. A stale SotW
  // request changes nothing (S2); a stale delta request changes the subscription (D2).
  bool OnRequest(const Request& request, Time now);

  // The next response, or nothing: when one is outstanding, or there is nothing new. `next_nonce`
  // counts for the whole stream.
  std::optional<Response> Next(const RolloutView& view, uint64_t& next_nonce, Time now);

  // The client forgets `name` when its parent changes: send it again though it did not change
  // (S12).
  void Follow(std::string_view name);

  // The client holds `view` from an earlier stream, as far as we know: nothing of it may vanish
  // before its time. For SotW clients that come back with a version that is not the newest. Call
  // for later views first.
  void AssumeHeld(const TypeView& view);

  // Forgets refusals, so that refused bytes are sent once more; for the operator alone (C6).
  void Retry();

  bool requested() const { return requested_; }
  bool answered() const { return answered_; }
  // The first request said that the client holds something from an earlier stream.
  bool resumed() const { return resumed_; }
  bool waiting() const { return pending_.has_value(); }
  // The client has accepted a whole response on this stream.
  bool ever_accepted() const { return acks_ > 0; }
  // What the client may have by now, sorted by name: what it was sent, of what it refused the one
  // before.
  std::vector<ResourcePtr> Held() const;
  // The client refuses something that it is to have, or refused the last response.
  bool refused() const { return refused_; }
  // Nothing outstanding, nothing refused, nothing to send, as of the last Next().
  bool settled() const { return requested_ && !pending_ && !refused_ && settled_; }
  // Everything of snapshots up to this sequence was acknowledged (or there was nothing of it to
  // send).
  uint64_t through() const { return refused_ ? 0 : through_; }
  // The client wants this name and was told of it: has accepted some version, or that it does not
  // exist.
  bool Accepted(std::string_view name) const;
  bool Wants(std::string_view name) const { return requested_ && subscription_.Covers(name); }

  // The client was sent it, or said that it holds it, and was not told since that it is gone.
  bool Has(std::string_view name) const;

  const std::string& type_url() const { return type_url_; }
  TypeStatus Status() const;

 private:
  struct Known {
    ResourcePtr sent;  // Null: the client says that it holds `hash`.
    ContentHash hash;
    ResourcePtr acked;
    std::optional<ContentHash> refused;
    bool absent = false;  // Delta: the client was told that there is none.
  };
  struct Pending {
    std::string nonce;
    std::string version;
    uint64_t sequence;
    std::vector<std::string> names;  // Sorted.
  };
  enum class Force { kFollow, kAsked };
  // What one name needs.
  struct Decision {
    bool changed = false;  // A response is due.
    ResourcePtr send;
    bool remove = false;
  };

  void ApplySubscription(const Request& request);
  void AcceptClaims(const Request& request);
  void OnAck(Time now);
  void OnNack(const Rejection& rejection, Time now);
  std::vector<std::string> ChangedInPending() const;
  ResourcePtr NextAssumed(const std::string& name, const ContentHash& refused);

  bool NothingNew(const RolloutView& view) const;
  std::vector<std::string> Candidates(const RolloutView& view) const;
  ResourcePtr Resolve(const std::string& name, const Known* known, const RolloutView& view) const;
  Decision Decide(const std::string& name, const RolloutView& view);
  Decision DecideAbsent(const std::string& name, Known* known, bool kept);
  Decision DecidePresent(const std::string& name, ResourcePtr wanted, Known* known);
  std::vector<ResourcePtr> FullState(const RolloutView& view) const;
  void Record(const Response& response, uint64_t sequence, Time now);
  void NoteRefusals(const RolloutView& view);

  const std::string type_url_;
  const Variant variant_;
  const bool wrap_;
  const bool full_state_;  // S5

  Subscription subscription_;
  bool requested_ = false;
  bool answered_ = false;
  bool resumed_ = false;
  HashMap<Known> known_;
  HashMap<std::vector<ResourcePtr>> assumed_;  // Earlier content that a returning client may hold.
  HashMap<Force> forced_;
  HashSet kept_;      // Known names that the target lacks and that stay for now.
  HashSet refusals_;  // Known names whose `refused` is set.
  std::optional<Pending> pending_;
  std::string last_nonce_;

  bool dirty_ = true;  // All names must be compared.
  bool settled_ = false;
  bool refused_ = false;
  bool last_refused_ = false;  // The last response was refused, and nothing in it was new.
  uint64_t compared_target_ = 0;
  uint64_t through_ = 0;

  std::string sent_version_;
  std::string acked_version_;
  Time sent_at_;
  Time answered_at_;
  uint64_t acks_ = 0;
  uint64_t nacks_ = 0;
  std::optional<NackStatus> nack_;
};

}  // namespace weir::control::engine
