// The network of one loop, as a seam: connect, open listening sockets, accept.
//
// Listening sockets outlive listeners: `ListenSocket` is opened (and kept, and closed) by the
// server on the main thread, one for each worker with SO_REUSEPORT (a UNIX socket is one for all),
// and passed to each worker, whose Network accepts from it. A new version of a listener with the
// same address takes over the same sockets, so nothing queued in the kernel is lost. Before the
// last of them is closed it refuses, and what has begun to connect is accepted.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/net/address.h"
#include "source/net/byte_stream.h"

namespace weir::net {

// SO_KEEPALIVE and its parameters; 0 leaves the kernel's value.
struct TcpKeepalive {
  uint32_t probes = 0;
  uint32_t idle_seconds = 0;
  uint32_t interval_seconds = 0;
  friend bool operator==(const TcpKeepalive&, const TcpKeepalive&) = default;
};

// An option by the kernel's numbers, set with setsockopt(2).
struct SocketOption {
  enum class When : uint8_t { kBeforeBind, kBound, kListening } when = When::kBeforeBind;
  enum class For : uint8_t { kAll, kIpv4, kIpv6 } addresses = For::kAll;
  int level = 0;
  int name = 0;
  std::string value;        // Its bytes: those of an int, usually.
  std::string description;  // For errors.

  friend bool operator==(const SocketOption&, const SocketOption&) = default;
};

struct ListenOptions {
  int backlog = 0;           // 0: the system's net.core.somaxconn.
  bool reuse_port = true;    // IP only.
  bool ipv4_compat = false;  // An IPv6 socket that takes IPv4 too.
  bool freebind = false;
  bool transparent = false;
  std::optional<uint32_t> fast_open_queue = {};  // 0: none. Nothing: the kernel's own.
  TcpKeepalive keepalive = {};                   // Of the connections.
  std::vector<SocketOption> more = {};
  friend bool operator==(const ListenOptions&, const ListenOptions&) = default;
};

// One bound socket that listens. Destroying it closes it.
class ListenSocket {
 public:
  virtual ~ListenSocket() = default;
  // The bound address, with the real port where 0 was asked for.
  virtual const Address& address() const = 0;
  // How many connections the kernel queues from now on; see ListenOptions::backlog.
  virtual void SetBacklog(int backlog) = 0;

  // Before the end, on the main thread: nobody begins to connect any more. Who has begun before is
  // still to be accepted.
  virtual void Refuse() = 0;
  // Undoes Refuse. False where that cannot be: the address is to be opened anew.
  virtual bool TakeAgain() = 0;
  // Whether somebody who began to connect before Refuse may still come, after what AcceptQueued
  // finds. False while it does not refuse. Any thread.
  virtual bool AwaitsHandshakes() const = 0;
};

// Where connections come from.
struct ConnectSource {
  std::optional<Address> address = {};  // Of IP. Nothing: the kernel chooses.
  bool freebind = false;
  std::vector<SocketOption> options = {};  // None of them kListening.
  friend bool operator==(const ConnectSource&, const ConnectSource&) = default;
};

struct ConnectOptions {
  ConnectSource source;
  TcpKeepalive keepalive;
  friend bool operator==(const ConnectOptions&, const ConnectOptions&) = default;
};

class AcceptHandler {
 public:
  virtual void OnAccept(std::unique_ptr<ByteStream> stream) = 0;
  // accept(2) failed for want of descriptors or memory; accepting pauses and is tried again by
  // itself.
  virtual void OnAcceptError(std::string_view reason) = 0;

 protected:
  ~AcceptHandler() = default;
};

// Accepting from one socket on one loop. Destroying it stops; what the kernel has queued stays
// queued for the next Acceptor of that socket.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  // Accepts, now, all that the kernel has queued (each to OnAccept). Before a socket is closed for
  // good.
  virtual void AcceptQueued() = 0;
};

class Network {
 public:
  virtual ~Network() = default;

  // Main thread. `count` sockets bound to one address (port 0: the first one chooses). With
  // reuse_port a probe bind without it comes first, so that a port in use by another process is an
  // error that names the address.
  virtual absl::StatusOr<std::vector<std::shared_ptr<ListenSocket>>> OpenListenSockets(
      const Address& address, const ListenOptions& options, size_t count) = 0;
  // Further sockets on an address where this process listens with reuse_port: without the probe,
  // which would find ourselves.
  virtual absl::StatusOr<std::vector<std::shared_ptr<ListenSocket>>> AddListenSockets(
      const Address& address, const ListenOptions& options, size_t count) = 0;
  // Worker's thread. At most `accepts_per_turn` connections are accepted in one turn.
  virtual std::unique_ptr<Acceptor> Accept(ListenSocket& socket, AcceptHandler& handler,
                                           uint32_t accepts_per_turn) = 0;
  // Begins to connect; the outcome comes to the stream's handler (OnConnected or OnFailed), also
  // when it is known at once.
  virtual std::unique_ptr<ByteStream> Connect(const Address& address,
                                              const ConnectOptions& options) = 0;
};

}  // namespace weir::net
