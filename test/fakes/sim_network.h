// The network in memory, in virtual time: connects, listening sockets, streams that are slow,
// chopped, full, reset or lost, all repeated by the loop's seed.
//
//   SimNetwork network(loop, {.latency = 1ms, .chop = true});
//   auto sockets = network.OpenListenSockets(address, {}, 2);
//   network.ResetNext(address, SimNetwork::Towards::kServer, 100);
//
// It behaves as the kernel does where that has bitten proxies: events are edges; data and end may
// come in one event; Read may give bytes together with kAgain; closing with unread bytes, or
// writing to a peer that has closed, brings a reset; bytes that came before a reset can still be
// read. A write takes no more than the window leaves, so back-pressure is real. All streams and
// sockets are gone before the network is: its destructor checks that. (Run the loop once more after
// closing, so that what was handed to DeferDelete has died.)
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "source/event/random.h"
#include "source/net/network.h"
#include "test/fakes/sim_loop.h"

namespace weir::fakes {

struct SimNetworkOptions {
  event::Duration latency{0};  // One way; 0 is the next turn.
  event::Duration jitter{0};   // At most so much more, by chance; order is kept.
  size_t window = 64 * 1024;   // Bytes each way that may be under way or unread.
  bool chop = false;           // Reads and writes move random parts.
};

class SimStream;
class SimListenSocket;

class SimNetwork final : public net::Network {
 public:
  enum class Towards { kServer, kClient };

  explicit SimNetwork(SimLoop& loop, SimNetworkOptions options = {});
  SimNetwork(const SimNetwork&) = delete;
  SimNetwork& operator=(const SimNetwork&) = delete;
  ~SimNetwork() override;

  // For connections made from now on.
  void SetOptions(const SimNetworkOptions& options) { options_ = options; }

  // Connects to `address` are refused though somebody may listen, or never answered; Restore ends
  // both.
  void Refuse(const net::Address& address);
  void Drop(const net::Address& address);
  void Restore(const net::Address& address);
  // Nothing passes between `address` and its clients, in either direction; nothing is lost either.
  // Bytes and connects go on when it is healed.
  void Cut(const net::Address& address);
  void Heal(const net::Address& address);
  // The next connection to `address` is reset on both sides once `bytes` bytes were sent in that
  // direction; 0 is before the first one.
  void ResetNext(const net::Address& address, Towards towards, size_t bytes);
  // Resets every connection to `address` that is open now. Returns how many.
  size_t ResetAll(const net::Address& address);

  // Streams not closed yet (both ends of a connection count), and connects made so far.
  size_t open_streams() const { return streams_.size(); }
  size_t connects() const { return connects_; }
  size_t connects(const net::Address& address) const;
  // When the peer of `stream`, which is of a SimNetwork, sent the last of what was not read of it,
  // bytes or its end; nothing when all was read.
  static std::optional<event::MonotonicTime> UnreadSince(const net::ByteStream& stream);

  // Network:
  absl::StatusOr<std::vector<std::shared_ptr<net::ListenSocket>>> OpenListenSockets(
      const net::Address& address, const net::ListenOptions& options, size_t count) override;
  absl::StatusOr<std::vector<std::shared_ptr<net::ListenSocket>>> AddListenSockets(
      const net::Address& address, const net::ListenOptions& options, size_t count) override;
  std::unique_ptr<net::Acceptor> Accept(net::ListenSocket& socket, net::AcceptHandler& handler,
                                        uint32_t accepts_per_turn) override;
  std::unique_ptr<net::ByteStream> Connect(const net::Address& address,
                                           const net::ConnectOptions& options) override;

 private:
  friend class SimStream;
  friend class SimListenSocket;
  struct Planned {
    Towards towards;
    size_t bytes;
  };

  // The connect of `client` has reached the other side.
  void Arrive(SimStream& client);
  SimListenSocket* FindListening(const SimStream& client);
  net::Address ClientAddress(const net::Address& server, const net::ConnectOptions& options);
  bool IsCut(const std::string& server) const { return cut_.contains(server); }

  SimLoop& loop_;
  SimNetworkOptions options_;
  std::vector<SimStream*> streams_;
  std::vector<SimListenSocket*> sockets_;
  std::set<std::string> refused_;
  std::set<std::string> dropped_;
  std::set<std::string> cut_;
  std::map<std::string, Planned> planned_resets_;
  std::map<std::string, size_t> connects_by_address_;
  size_t connects_ = 0;
  uint16_t next_listen_port_ = 20000;
  uint16_t next_client_port_ = 40000;
};

}  // namespace weir::fakes
