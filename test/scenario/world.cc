#include "test/scenario/world.h"

#include "source/base/status.h"
#include "source/exe/extensions.h"
#include "source/exe/resource_file.h"

namespace weir::scenario {

// --- Peer

Peer::Peer(buffer::BlockPool& blocks, std::unique_ptr<net::ByteStream> stream)
    : stream_(std::move(stream)), in_(blocks), out_(blocks) {
  stream_->SetHandler(this);
}

Peer::~Peer() = default;

void Peer::Send(std::string_view text) {
  out_.Append(text);
  Flush();
}

void Peer::SetReading(bool reading) {
  reading_ = reading;
  if (reading) Read();
}

void Peer::EndWrites() {
  end_writes_ = true;
  Flush();
}

void Peer::Close() {
  if (!std::exchange(closed_, true)) stream_->Close(net::ByteStream::CloseMode::kNormal);
}

void Peer::Reset() {
  if (!std::exchange(closed_, true)) stream_->Close(net::ByteStream::CloseMode::kReset);
}

void Peer::Read() {
  while (reading_ && !closed_ && !ended_) {
    const net::IoResult result = stream_->Read(in_, 16384);
    received_ += in_.ToString();
    in_.Clear();
    if (result.bytes > 0 && on_bytes_) on_bytes_(*this);
    if (result.outcome == net::IoOutcome::kEof) ended_ = true;
    if (result.outcome == net::IoOutcome::kError) failed_ = true;
    if (result.outcome != net::IoOutcome::kOk) return;
  }
}

void Peer::Flush() {
  if (closed_) return;
  if (!out_.empty()) stream_->Write(out_);
  if (out_.empty() && std::exchange(end_writes_, false)) stream_->ShutdownWrite();
}

// --- Upstream

Upstream::Upstream(fakes::SimNetwork& network, buffer::BlockPool& blocks,
                   const net::Address& address)
    : blocks_(blocks) {
  sockets_ = *network.OpenListenSockets(address, {}, 1);
  acceptor_ = network.Accept(*sockets_[0], *this, 100);
}

void Upstream::OnAccept(std::unique_ptr<net::ByteStream> stream) {
  if (wrap_) stream = wrap_(std::move(stream));
  connections_.push_back(std::make_unique<Peer>(blocks_, std::move(stream)));
  connections_.back()->OnBytes([this](Peer& peer) { Answer(peer); });
  connections_.back()->OnReadable();
}

void Upstream::Answer(Peer& peer) {
  if (on_bytes_) return on_bytes_(peer);
  if (answer_.empty()) return;
  for (;;) {
    const size_t end = peer.received().find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::string rest = peer.TakeReceived();
    ++answered_;
    peer.Send(answer_);
    if (rest.size() > end + 4) return;
  }
}

void Upstream::CloseAll() {
  acceptor_.reset();
  sockets_.clear();
  for (auto& connection : connections_) connection->Close();
}

// --- World

class World::Data final : public config::proto::DataReader {
 public:
  explicit Data(fakes::FakeFiles& files) : files_(files) {}
  absl::StatusOr<std::string> ReadFile(const std::string& path) const override {
    if (!files_.Exists(path)) return NotFound(StrCat("no file ", path));
    return files_.Read(path, SIZE_MAX);
  }
  absl::StatusOr<std::string> ReadEnvironment(const std::string& variable) const override {
    return NotFound(StrCat("no variable ", variable));
  }

 private:
  fakes::FakeFiles& files_;
};

World::World(const std::string& bootstrap_yaml, WorldOptions options)
    : loop_(options.seed),
      network_(loop_, options.network),
      files_(loop_),
      resolver_(loop_),
      data_(std::make_unique<Data>(files_)),
      control_plane_gone_(options.control_plane_gone) {
  for (const auto& [path, bytes] : options.files) files_.Write(path, bytes);
  exe::RegisterDecoders(decoders_);
  exe::RegisterFactories(factories_);
  if (options.extensions) options.extensions(decoders_, factories_);
  exe::Flags flags;
  flags.config_yaml = bootstrap_yaml;
  auto loaded = exe::LoadBootstrap(flags, {decoders_, *data_});
  status_ = loaded.status();
  if (!status_.ok()) return;
  server::ServerPlatform platform{
      .main_loop = loop_,
      .network = network_,
      .files = files_,
      .executor = executor_,
      .heap = heap_,
      .registry = registry_,
      .workers = {},
      .seed = options.seed,
      .make_transport =
          [this](const config::Bootstrap&, const config::GrpcSource&,
                 std::string_view type_url) -> absl::StatusOr<std::unique_ptr<xds::Transport>> {
        WEIR_RETURN_IF_ERROR(transport_status_);
        auto transport = std::make_unique<fakes::FakeXdsTransport>(loop_);
        transports_[std::string(type_url)] = transport.get();
        if (control_plane_gone_) transport->set_refuse(absl::UnavailableError("gone"));
        return transport;
      },
      .parse_file = exe::ParseResourceFile,
      .wall_time = [this] { return loop_.WallNow(); },
      .monotonic_time = [this] { return loop_.Now(); }};
  for (size_t i = 0; i < options.workers; ++i)
    platform.workers.push_back({loop_, network_, resolver_});
  server::ServerOptions server_options;
  server_options.drain_time = options.drain_time;
  server_options.bootstrap_bytes = loaded->bytes;
  auto server = server::Server::Create(loaded->bootstrap, platform,
                                       {decoders_, *data_, factories_, log_}, server_options);
  status_ = server.status();
  if (!status_.ok()) return;
  server_ = *std::move(server);
  status_ = server_->Start();
  if (status_.ok()) Run();
}

World::~World() {
  for (auto& client : clients_) client->Close();
  for (auto& upstream : upstreams_) upstream->CloseAll();
  bool done = server_ == nullptr;
  if (server_ != nullptr) server_->Shutdown(event::Duration(0), [&done] { done = true; });
  loop_.RunUntilTrue([&done] { return done; });
  loop_.RunFor(std::chrono::seconds(1));
  server_.reset();
  clients_.clear();
  upstreams_.clear();
  loop_.RunFor(std::chrono::seconds(1));
}

Upstream& World::AddUpstream(std::string_view address) {
  upstreams_.push_back(
      std::make_unique<Upstream>(network_, blocks_, *net::Address::Parse(address)));
  return *upstreams_.back();
}

Peer& World::Connect(std::string_view address) {
  return Connect(address, [](std::unique_ptr<net::ByteStream> stream) { return stream; });
}

Peer& World::Connect(std::string_view address, const Upstream::Wrap& wrap) {
  clients_.push_back(
      std::make_unique<Peer>(blocks_, wrap(network_.Connect(*net::Address::Parse(address), {}))));
  Run();
  return *clients_.back();
}

int64_t World::Stat(std::string_view name) const {
  for (const stats::Reading& reading : registry_.Read()) {
    if (reading.name != name) continue;
    return reading.kind == stats::Kind::kGauge ? reading.gauge
                                               : static_cast<int64_t>(reading.counter);
  }
  return 0;
}

}  // namespace weir::scenario
