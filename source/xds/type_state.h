// The protocol for one type on one stream: what is asked for, what is answered, with which nonce
// and version.
//
// State of the world: each request has all names, the nonce of the response last answered and the
// version last accepted. Delta: each request has what changed; the first on a stream has the
// versions held. While a response awaits its verdict, state-of-the-world requests wait with it, as
// they would carry a stale nonce. The first delta request of a stream waits for a verdict that was
// left from the stream before.
//
//   idle --StartStream--> silent --first request--> talking --EndStream--> idle
//
// Owned by Client, which sends what this makes. Loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "source/event/loop.h"
#include "source/xds/inbox.h"
#include "source/xds/interest.h"
#include "source/xds/resource_sink.h"
#include "source/xds/subscription_stats.h"
#include "source/xds/wire.h"

namespace weir::xds {

class TypeState {
 public:
  TypeState(ResourceType type, ResourceSink& sink, SubscriptionStats& stats, event::Loop& loop,
            Variant variant);
  TypeState(const TypeState&) = delete;
  TypeState& operator=(const TypeState&) = delete;

  const std::string& type_url() const { return type_.type_url; }
  const std::string& accepted_version() const { return accepted_version_; }
  SubscriptionStats& stats() { return stats_; }
  Interest& interest() { return interest_; }

  void StartStream();
  void EndStream();

  // Tells the sink what was released; gives the request that must go out now, if any.
  std::optional<WireRequest> Changes();

  // Hands a response to the sink. `answer` gets the ACK or NACK as soon as there is a verdict; when
  // the stream has ended by then, what waited for the verdict to be said on the new one, if
  // anything.
  void Take(WireResponse response, std::function<void(WireRequest)> answer);

  // Hands what a former process held to the sink, outside of any stream.
  void Restore(HeldType held, std::function<void()> done);

 private:
  enum class State : uint8_t { kIdle, kSilent, kTalking };

  void Settle(const std::string& version, const std::string& error, event::MonotonicTime received);
  Interest::Changes SettleInterest();
  WireRequest MakeRequest(const Interest::Changes& changes);
  std::vector<std::string> SotwNames();

  const ResourceType type_;
  ResourceSink& sink_;
  SubscriptionStats& stats_;
  event::Loop& loop_;
  const Variant variant_;
  Interest interest_;
  Inbox inbox_;
  std::string accepted_version_;

  // Of the stream:
  State state_ = State::kIdle;
  uint64_t stream_ = 0;      // Numbers the streams.
  uint32_t unanswered_ = 0;  // Responses without a verdict.
  bool names_sent_ = false;  // An empty list of names does not mean everything any more.
  std::string nonce_;        // Of the response last answered.
};

}  // namespace weir::xds
