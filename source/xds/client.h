// The client of one control plane: all types over one ADS stream, either variant.
//
//   Client client(transport, loop, random, stats, options)
//   client.AddType(...)    each type once; requests go out in this order: clusters, endpoints,
//                          listeners, routes
//   client.Subscribe(...)  now and later
//   client.Restore(...)    what a former process held, if anything
//   client.Start()         opens the stream in the next turn; again whenever it ends
//
// What was accepted stays in force when the stream is gone. A new stream begins with the versions
// held (delta) or the last version accepted (state of the world).
//
// One owner, on the main thread's loop. Transport, loop, random, stats and sinks outlive it. Sinks
// may call Subscribe and Unsubscribe at any time; they do not destroy the client from inside a
// callback.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/backoff.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/xds/resource_sink.h"
#include "source/xds/subscription_stats.h"
#include "source/xds/transport.h"
#include "source/xds/wire.h"

namespace weir::xds {

class TypeState;

struct ClientOptions {
  Variant variant = Variant::kSotw;
  // Serialised envoy.config.core.v3.Node; sent in the first request of each stream, with the client
  // features that this client has added.
  std::string node;
  // Waits between two streams: random, within a bound that doubles from the first to the second.
  event::Duration backoff_base = std::chrono::milliseconds(500);
  event::Duration backoff_max = std::chrono::seconds(30);
  // A request takes a token; without one it waits. `max_tokens` 0: no limit.
  uint32_t max_tokens = 0;
  double tokens_per_second = 10;
  // Called whenever a stream has ended; may be empty. May call Suspend.
  std::function<void()> on_stream_end;
};

class Client final : private TransportHandler {
 public:
  Client(Transport& transport, event::Loop& loop, event::Random& random, ControlPlaneStats& stats,
         ClientOptions options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  void AddType(ResourceType type, ResourceSink& sink, SubscriptionStats& stats);

  // Asks for a resource, or with kWildcard for all. Counted: as many Unsubscribes end it. When no
  // answer has come within `initial_fetch_timeout` the sink is told (0: wait without end); the
  // clock runs from this call, stream or not. A name that was asked for already is not delivered
  // again.
  void Subscribe(std::string_view type_url, std::string_view name,
                 event::Duration initial_fetch_timeout = std::chrono::seconds(15));
  void Unsubscribe(std::string_view type_url, std::string_view name);

  // Opens a stream in the next turn.
  void Start();
  // Gives up the stream, and opens none until Start is called again.
  void Suspend();
  // Hands what a former process held to the sink, as if it had been accepted from a server: only
  // what is subscribed to by now. Between AddType and Start, or while suspended. `done` comes with
  // the verdict.
  void Restore(HeldType held, std::function<void()> done);

  bool connected() const { return heard_; }
  // Whether the control plane has ever answered.
  bool ever_connected() const { return ever_heard_; }
  // ControlPlane.identifier of the last response that had one.
  const std::string& control_plane_identifier() const { return control_plane_identifier_; }
  // Of the last response accepted whole; empty before.
  std::string_view accepted_version(std::string_view type_url) const;

 private:
  // TransportHandler:
  void OnMessage(std::string bytes) override;
  void OnClosed(absl::Status status) override;

  TypeState& Type(std::string_view type_url);
  TypeState* FindType(std::string_view type_url) const;
  void Open();
  void EndStream(const absl::Status& status);
  void DropStream();
  // Tells the sinks what was released and the server what changed.
  void Flush();
  void Send(const WireRequest& request);
  void SendNow(const WireRequest& request);
  // Whether a token was there to take.
  bool TakeToken();
  void SendHeldBack();

  Transport& transport_;
  event::Loop& loop_;
  ControlPlaneStats& stats_;
  const ClientOptions options_;
  const std::string node_;
  std::vector<std::unique_ptr<TypeState>> types_;
  std::unique_ptr<TransportStream> stream_;
  uint64_t stream_id_ = 0;  // Of the stream open now, or of the last one.
  bool node_sent_ = false;  // On this stream.
  bool heard_ = false;      // A message came on this stream.
  bool ever_heard_ = false;
  std::string control_plane_identifier_;
  event::Random& random_;
  Backoff backoff_;
  event::Timer reopen_;
  double tokens_;
  event::MonotonicTime tokens_filled_;
  std::deque<WireRequest> held_back_;  // For want of a token, on this stream.
  event::Timer refill_;
  event::TurnEndTask flush_;
};

}  // namespace weir::xds
