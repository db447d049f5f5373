// One end of a connection of SimNetwork. Tests see it as a ByteStream only.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "source/net/byte_stream.h"
#include "test/fakes/sim_network.h"

namespace weir::fakes {

class SimStream final : public net::ByteStream {
 public:
  // What both ends share.
  struct Wire {
    SimNetworkOptions options;
    std::string server;                                        // The address connected to, as text.
    size_t number = 0;                                         // Of SimNetwork's connects.
    std::array<size_t, 2> bytes_to_reset{SIZE_MAX, SIZE_MAX};  // By SimNetwork::Towards.
    bool reset = false;  // Cut by plan: later bytes go nowhere.
  };
  enum class State { kConnecting, kOpen, kFailed, kClosed };

  SimStream(SimNetwork& network, std::shared_ptr<Wire> wire, SimNetwork::Towards sends,
            net::Address local, net::Address remote);
  ~SimStream() override;

  // For SimNetwork: makes the two ends of an established connection know each other.
  static void Join(SimStream& client, SimStream& server);
  void Established();
  void FailConnect(std::string_view reason);
  void RetryConnect(event::Duration delay) { arrival_.Enable(delay); }
  // A reset reaches this end after the latency, out of nowhere.
  void InjectReset();
  // Looks again at what waits, after a cut was healed.
  void Kick();
  State state() const { return state_; }
  // The connection stands, though this end may not have been told yet.
  bool joined() const { return peer_ != nullptr; }
  std::optional<event::MonotonicTime> unread_since() const;
  const Wire& wire() const { return *wire_; }
  const std::shared_ptr<Wire>& shared_wire() const { return wire_; }

  void SetHandler(net::ByteStreamHandler* handler) override;
  net::IoResult Read(buffer::Buffer& into, size_t limit) override;
  net::IoResult Write(buffer::Buffer& from) override;
  void ShutdownWrite() override;
  void Close(CloseMode mode) override;
  const net::Address& local_address() const override { return local_; }
  const net::Address& remote_address() const override { return remote_; }
  const net::TransportFacts& transport() const override;

 private:
  enum class Kind { kData, kEnd, kReset };
  struct Chunk {
    Kind kind;
    std::string bytes;
    event::MonotonicTime due;
  };

  void Send(Kind kind, std::string bytes);
  void Receive(Chunk chunk);
  void OnArrival();
  void OnRoom();
  void Fail(std::string_view reason);
  size_t Part(size_t n);
  std::string TakeBytes(buffer::Buffer& from, size_t n);

  SimNetwork& network_;
  SimLoop& loop_;
  const std::shared_ptr<Wire> wire_;
  const SimNetwork::Towards sends_;
  const net::Address local_;
  const net::Address remote_;
  SimStream* peer_ = nullptr;  // Null before the connection stands and after the peer has closed.
  net::ByteStreamHandler* handler_ = nullptr;
  State state_ = State::kConnecting;

  std::deque<Chunk> incoming_;
  std::string arrived_;
  size_t read_offset_ = 0;           // Of arrived_.
  size_t held_ = 0;                  // Bytes incoming and arrived: what the peer's window counts.
  event::MonotonicTime last_due_{};  // Of what this end sent: order is kept.
  bool peer_ended_ = false;
  event::MonotonicTime last_sent_{};  // To this end, but for resets.
  bool connected_ = false;            // OnConnected is to be told.
  bool news_ = false;                 // Something arrived that the handler has not been told.
  bool end_arrived_ = false;
  bool reset_arrived_ = false;
  bool ended_read_ = false;
  bool ended_write_ = false;
  bool want_writable_ = false;
  event::Timer arrival_;
  event::Timer room_;
};

}  // namespace weir::fakes
