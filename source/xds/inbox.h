// Takes the responses of one type to its sink, one at a time, and keeps what was accepted.
//
//   Take -> check names and duplicates -> OnUpdate of the sink -> verdict -> commit -> settled
//
// A response that comes while a verdict is awaited queues. What was accepted is known by name,
// version and bytes: equal bytes are marked unchanged, and a new delta stream begins with the
// versions. Loop's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/hash_map.h"
#include "source/base/named_bytes.h"
#include "source/event/loop.h"
#include "source/xds/interest.h"
#include "source/xds/resource_sink.h"
#include "source/xds/wire.h"

namespace weir::xds {

class Inbox {
 public:
  // The text of the NACK; empty for an ACK.
  using Settled = std::function<void(const std::string& error)>;

  // `type`, `sink`, `interest` and `loop` outlive it.
  Inbox(const ResourceType& type, ResourceSink& sink, Interest& interest, event::Loop& loop);
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  ~Inbox();

  // `full_state`: what the response does not hold is removed. `settled` is called once, from inside
  // when the sink is quick, unless the response is dropped from the queue.
  void Take(WireResponse response, bool full_state, Settled settled);
  // Drops responses that wait; one that is with the sink is still committed.
  void DropQueued();

  // Whether a response is with the sink.
  bool awaiting_verdict() const {
    return pending_.has_value() && pending_->cause == Update::Cause::kResponse;
  }

  // Nobody wants `name` any more.
  void Forget(std::string_view name);
  // Drops what nobody wants any more and gives its names, sorted.
  std::vector<std::string> ForgetUnwanted();

  // Name and version of everything accepted, sorted by name.
  std::vector<std::pair<std::string, std::string>> Versions() const;

 private:
  // A response or an expired name that waits its turn.
  struct Item {
    WireResponse response;
    bool full_state = false;
    Settled settled;
    std::string expired;  // Not empty: this name's time to live has passed.
  };
  // What is with the sink.
  struct Pending {
    struct Resource {
      RawResource raw;
      std::optional<event::Duration> ttl;
    };
    Update::Cause cause = Update::Cause::kResponse;
    std::vector<Resource> resources;
    std::vector<std::string> removed;
    std::vector<Rejection> malformed;
    Settled settled;
  };
  // The outcome of looking at the names of a response.
  struct Sorted;

  void Pump();
  void HandExpired(const std::string& name);
  void HandResponse(Item item);
  Sorted Sort(WireResponse& response);
  void SortOne(WireResource& wire, size_t index, const std::string& response_version,
               Sorted& sorted);
  std::vector<std::string> RemovedBy(const WireResponse& response, bool full_state,
                                     const Sorted& sorted) const;
  void HandToSink(Update update, Pending pending);
  void Finish(const Verdict& verdict);
  // Gives the names that were accepted and that nobody wants any more.
  std::vector<std::string> Commit(const Verdict& verdict);
  void SetTtl(std::string_view name, std::optional<event::Duration> ttl);

  const ResourceType& type_;
  ResourceSink& sink_;
  Interest& interest_;
  event::Loop& loop_;
  NamedSet<NamedBytes> accepted_;
  HashMap<std::unique_ptr<event::Timer>> expiries_;  // Of those with a time to live.
  std::deque<Item> queue_;
  bool pumping_ = false;
  std::optional<Pending> pending_;
  uint64_t handed_ = 0;  // Numbers the updates given to the sink.
  // Verdicts hold it weakly: they find out that the inbox is gone.
  const std::shared_ptr<Inbox*> self_;
};

}  // namespace weir::xds
