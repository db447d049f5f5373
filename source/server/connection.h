// One accepted connection on a worker: listener filters look at its first bytes, a filter chain is
// chosen, the transport's handshake is done, and an HTTP session or a TCP proxy takes over.
//
//   kInspecting -> kHandshake -> kServing -> kEnded
//
// and from any state to kEnded on failure, timeout or Close.
//
// Owned by the WorkerListener; worker's thread. Pins its chain from the moment it is chosen.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "source/event/loop.h"
#include "source/generation/snapshot.h"
#include "source/net/byte_stream.h"
#include "source/proxy/platform.h"
#include "source/proxy/session.h"
#include "source/proxy/tcp_proxy.h"

namespace weir::server {

class Connection;

class ConnectionOwner {
 public:
  // No filter chain matched.
  virtual void OnNoChain() = 0;
  // The listener filters took too long.
  virtual void OnInspectionTimeout() = 0;
  // The transport's handshake took too long.
  virtual void OnHandshakeTimeout() = 0;
  // What handshakes are counted in.
  virtual net::TransportStats& transport_stats() = 0;
  // It is over: to be destroyed through the loop's deferred-delete list. Called from the loop,
  // once.
  virtual void OnConnectionEnd(Connection& connection) = 0;

 protected:
  ~ConnectionOwner() = default;
};

class Connection final : public event::DeferredDeletable,
                         public net::ByteStreamHandler,
                         public proxy::SessionOwner {
 public:
  Connection(const proxy::Platform& platform, std::shared_ptr<const generation::Listener> listener,
             std::unique_ptr<net::ByteStream> stream, uint64_t id, ConnectionOwner& owner);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  void Start();
  // Null until one was chosen.
  const generation::Chain* chain() const { return chain_.get(); }
  // See Session. A TCP connection goes on until Close(true).
  void Drain();
  void Close(bool now);

  const net::Address& peer() const { return info_.remote_address; }
  // What the listener's own access logs get to know of it at its end.
  void Log(std::span<const std::shared_ptr<const filter::AccessLog>> logs) const;
  void AddHeld(buffer::Ledger& ledger) const;
  // See proxy::Session.
  template <typename Visit>
  void ForEachRequest(Visit visit) const {
    if (session_ != nullptr) session_->ForEachRequest(visit);
  }

  // Where the owner keeps it.
  size_t place() const { return place_; }
  void set_place(size_t place) { place_ = static_cast<uint32_t>(place); }
  // Whether it has a place within the limit on all connections, which its owner gives back.
  bool counted() const { return counted_; }
  void set_counted(bool counted) { counted_ = counted; }

 private:
  enum class State : uint8_t { kInspecting, kHandshake, kServing, kEnded };

  // net::ByteStreamHandler, until a session takes the stream.
  void OnConnected() override;
  void OnReadable() override;
  void OnWritable() override {}
  void OnFailed(std::string_view reason) override;
  // proxy::SessionOwner
  void OnSessionEnd() override { End(); }

  void Inspect();
  bool RunListenerFilters(bool peer_ended);
  void ChooseChain();
  void Serve();
  void OnTimeout();
  void End();

  // What is needed until the connection serves, and given back then: most connections are idle ones
  // that serve.
  struct Arrival final : event::DeferredDeletable {
    Arrival(Connection& connection, std::shared_ptr<const generation::Listener> by,
            std::unique_ptr<net::ByteStream> accepted);

    const std::shared_ptr<const generation::Listener> listener;
    std::unique_ptr<net::ByteStream> stream;
    buffer::Buffer first_bytes;
    std::vector<std::unique_ptr<filter::ListenerFilter>> filters;  // Those not done, in order.
    event::Timer timer;  // Listener filters, then the handshake.
  };

  const proxy::Platform& platform_;
  ConnectionOwner& owner_;
  uint32_t place_ = 0;
  State state_ = State::kInspecting;
  bool draining_ = false;
  bool counted_ = false;
  stream_info::ConnectionInfo info_;
  std::unique_ptr<Arrival> arrival_;  // Null once it serves.
  std::shared_ptr<const generation::Chain> chain_;
  std::unique_ptr<proxy::Session> session_;
  std::unique_ptr<proxy::TcpProxy> tcp_;
  std::unique_ptr<event::TurnEndTask> notify_end_;  // Made when it ends.
};

}  // namespace weir::server
