#include "test/fakes/sim_network.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "source/base/check.h"
#include "source/base/status.h"
#include "test/fakes/sim_stream.h"

namespace weir::fakes {
namespace {

// How long until a connect into a cut is tried again: the kernel's first retransmission.
constexpr event::Duration kRetransmit = std::chrono::seconds(1);

net::Address UnnamedUnix() {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  return net::Address::FromSockaddr(storage, sizeof(sa_family_t));
}

}  // namespace

class SimListenSocket final : public net::ListenSocket {
 public:
  SimListenSocket(SimNetwork& network, net::Address address, bool ipv4_compat)
      : network_(network), address_(std::move(address)), ipv4_compat_(ipv4_compat) {
    network_.sockets_.push_back(this);
  }
  ~SimListenSocket() override {
    WEIR_CHECK(acceptors_.empty(), "the socket is closed while somebody accepts from it");
    std::erase(network_.sockets_, this);
    queue_.clear();  // Resets those that nobody accepted, as the kernel does.
  }

  const net::Address& address() const override { return address_; }
  void SetBacklog(int) override {}  // Queues here have no end.
  // A handshake is under way from the call of Connect until it arrives.
  void Refuse() override { last_taken_ = std::min(last_taken_, network_.connects_); }
  bool TakeAgain() override {
    last_taken_ = SIZE_MAX;
    return true;
  }
  bool AwaitsHandshakes() const override {
    return last_taken_ != SIZE_MAX &&
           std::any_of(network_.streams_.begin(), network_.streams_.end(),
                       [this](const SimStream* stream) { return Awaits(*stream); });
  }

  bool Takes(const SimStream& client) const {
    return client.wire().number <= last_taken_ && Takes(client.remote_address());
  }
  bool Takes(const net::Address& asked) const {
    if (asked.ToString() == address_.ToString()) return true;
    if (!asked.is_ip() || !address_.is_ip() || asked.port() != address_.port()) return false;
    if (!address_.ip().IsAny()) return false;
    return asked.ip().is_v6() == address_.ip().is_v6() || (address_.ip().is_v6() && ipv4_compat_);
  }

  void Enqueue(std::unique_ptr<SimStream> stream) {
    queue_.push_back(std::move(stream));
    WakeOne();
  }
  std::unique_ptr<SimStream> Dequeue() {
    if (queue_.empty()) return nullptr;
    std::unique_ptr<SimStream> stream = std::move(queue_.front());
    queue_.pop_front();
    return stream;
  }
  bool has_queued() const { return !queue_.empty(); }

  void AddAcceptor(event::Timer& wake) {
    acceptors_.push_back(&wake);
    if (has_queued()) wake.Enable(event::Duration::zero());
  }
  void RemoveAcceptor(event::Timer& wake) {
    std::erase(acceptors_, &wake);
    if (has_queued()) WakeOne();
  }

 private:
  bool Awaits(const SimStream& stream) const {
    const bool is_client = stream.remote_address().ToString() == stream.wire().server;
    return is_client && stream.state() == SimStream::State::kConnecting && !stream.joined() &&
           Takes(stream);
  }
  void WakeOne() {
    if (acceptors_.empty()) return;
    event::Timer& wake = *acceptors_[network_.loop_.random().Below(acceptors_.size())];
    if (!wake.enabled()) wake.Enable(event::Duration::zero());
  }

  SimNetwork& network_;
  const net::Address address_;
  const bool ipv4_compat_;
  size_t last_taken_ = SIZE_MAX;  // The connect after which it refuses.
  std::deque<std::unique_ptr<SimStream>> queue_;
  std::vector<event::Timer*> acceptors_;
};

namespace {

class SimAcceptor final : public net::Acceptor {
 public:
  SimAcceptor(SimLoop& loop, SimListenSocket& socket, net::AcceptHandler& handler,
              uint32_t accepts_per_turn)
      : socket_(socket),
        handler_(handler),
        accepts_per_turn_(std::max(accepts_per_turn, 1u)),
        wake_(loop, [this] { AcceptSome(accepts_per_turn_); }) {
    socket_.AddAcceptor(wake_);
  }
  ~SimAcceptor() override {
    if (destroyed_ != nullptr) *destroyed_ = true;
    socket_.RemoveAcceptor(wake_);
  }

  void AcceptQueued() override { AcceptSome(UINT64_MAX); }

 private:
  // The handler may destroy the acceptor.
  void AcceptSome(uint64_t limit) {
    bool destroyed = false;
    bool* const outer = std::exchange(destroyed_, &destroyed);
    for (uint64_t i = 0; i < limit; ++i) {
      std::unique_ptr<SimStream> stream = socket_.Dequeue();
      if (stream == nullptr) break;
      handler_.OnAccept(std::move(stream));
      if (destroyed) {
        if (outer != nullptr) *outer = true;
        return;
      }
    }
    destroyed_ = outer;
    if (socket_.has_queued()) wake_.Enable(event::Duration::zero());
  }

  SimListenSocket& socket_;
  net::AcceptHandler& handler_;
  const uint32_t accepts_per_turn_;
  bool* destroyed_ = nullptr;
  event::Timer wake_;
};

}  // namespace

SimNetwork::SimNetwork(SimLoop& loop, SimNetworkOptions options) : loop_(loop), options_(options) {}

SimNetwork::~SimNetwork() {
  WEIR_CHECK(sockets_.empty(), "a listening socket outlived the network");
  WEIR_CHECK(streams_.empty(), "a stream was never closed");
}

void SimNetwork::Refuse(const net::Address& address) { refused_.insert(address.ToString()); }

void SimNetwork::Drop(const net::Address& address) { dropped_.insert(address.ToString()); }

void SimNetwork::Restore(const net::Address& address) {
  refused_.erase(address.ToString());
  dropped_.erase(address.ToString());
}

void SimNetwork::Cut(const net::Address& address) { cut_.insert(address.ToString()); }

void SimNetwork::Heal(const net::Address& address) {
  const std::string server = address.ToString();
  cut_.erase(server);
  for (SimStream* stream : streams_) {
    if (stream->wire().server == server) stream->Kick();
  }
}

void SimNetwork::ResetNext(const net::Address& address, Towards towards, size_t bytes) {
  planned_resets_.insert_or_assign(address.ToString(), Planned{towards, bytes});
}

size_t SimNetwork::ResetAll(const net::Address& address) {
  const std::string server = address.ToString();
  size_t connections = 0;
  for (SimStream* stream : streams_) {
    if (stream->wire().server != server || !stream->joined()) continue;
    if (stream->remote_address().ToString() == server) ++connections;
    stream->InjectReset();
  }
  return connections;
}

size_t SimNetwork::connects(const net::Address& address) const {
  const auto found = connects_by_address_.find(address.ToString());
  return found == connects_by_address_.end() ? 0 : found->second;
}

std::optional<event::MonotonicTime> SimNetwork::UnreadSince(const net::ByteStream& stream) {
  return static_cast<const SimStream&>(stream).unread_since();
}

absl::StatusOr<std::vector<std::shared_ptr<net::ListenSocket>>> SimNetwork::OpenListenSockets(
    const net::Address& address, const net::ListenOptions& options, size_t count) {
  WEIR_CHECK(count > 0, "no socket asked for");
  net::Address bound = address;
  if (address.is_ip() && address.port() == 0) {
    bound = net::Address::Ip(address.ip(), next_listen_port_++);
  }
  for (const SimListenSocket* socket : sockets_) {
    if (socket->address().ToString() == bound.ToString()) {
      return FromErrno(EADDRINUSE, StrCat("cannot bind ", bound.ToString()));
    }
  }
  if (bound.is_ip() && options.reuse_port) return AddListenSockets(bound, options, count);
  const auto one = std::make_shared<SimListenSocket>(*this, bound, options.ipv4_compat);
  return std::vector<std::shared_ptr<net::ListenSocket>>(count, one);
}

absl::StatusOr<std::vector<std::shared_ptr<net::ListenSocket>>> SimNetwork::AddListenSockets(
    const net::Address& address, const net::ListenOptions& options, size_t count) {
  std::vector<std::shared_ptr<net::ListenSocket>> sockets;
  for (size_t i = 0; i < count; ++i) {
    sockets.push_back(std::make_shared<SimListenSocket>(*this, address, options.ipv4_compat));
  }
  return sockets;
}

std::unique_ptr<net::Acceptor> SimNetwork::Accept(net::ListenSocket& socket,
                                                  net::AcceptHandler& handler,
                                                  uint32_t accepts_per_turn) {
  return std::make_unique<SimAcceptor>(loop_, static_cast<SimListenSocket&>(socket), handler,
                                       accepts_per_turn);
}

net::Address SimNetwork::ClientAddress(const net::Address& server,
                                       const net::ConnectOptions& options) {
  if (!server.is_ip()) return UnnamedUnix();
  if (next_client_port_ < 40000) next_client_port_ = 40000;  // It wrapped around.
  const uint16_t port = next_client_port_++;
  if (const auto& source = options.source.address; source.has_value()) {
    return source->port() != 0 ? *source : net::Address::Ip(source->ip(), port);
  }
  return net::Address::Ip(*net::IpAddress::Parse(server.ip().is_v6() ? "::1" : "127.0.0.1"), port);
}

std::unique_ptr<net::ByteStream> SimNetwork::Connect(const net::Address& address,
                                                     const net::ConnectOptions& options) {
  const std::string server = address.ToString();
  ++connects_;
  ++connects_by_address_[server];
  auto wire = std::make_shared<SimStream::Wire>();
  wire->options = options_;
  wire->server = server;
  wire->number = connects_;
  if (const auto planned = planned_resets_.find(server); planned != planned_resets_.end()) {
    wire->bytes_to_reset[static_cast<size_t>(planned->second.towards)] = planned->second.bytes;
    planned_resets_.erase(planned);
  }
  return std::make_unique<SimStream>(*this, std::move(wire), Towards::kServer,
                                     ClientAddress(address, options), address);
}

SimListenSocket* SimNetwork::FindListening(const SimStream& client) {
  const net::Address& address = client.remote_address();
  std::vector<SimListenSocket*> exact;
  std::vector<SimListenSocket*> wildcard;
  for (SimListenSocket* socket : sockets_) {
    if (!socket->Takes(client)) continue;
    const bool same = socket->address().ToString() == address.ToString();
    (same ? exact : wildcard).push_back(socket);
  }
  const std::vector<SimListenSocket*>& found = exact.empty() ? wildcard : exact;
  return found.empty() ? nullptr : found[loop_.random().Below(found.size())];
}

void SimNetwork::Arrive(SimStream& client) {
  const std::string& server = client.wire().server;
  if (dropped_.contains(server)) return;
  if (IsCut(server)) {
    client.RetryConnect(kRetransmit);
    return;
  }
  SimListenSocket* const socket = refused_.contains(server) ? nullptr : FindListening(client);
  if (socket == nullptr) {
    client.FailConnect("delayed connect error: Connection refused");
    return;
  }
  auto accepted = std::make_unique<SimStream>(*this, client.shared_wire(), Towards::kClient,
                                              client.remote_address(), client.local_address());
  SimStream::Join(client, *accepted);
  socket->Enqueue(std::move(accepted));
}

}  // namespace weir::fakes
