// The whole proxy in one thread, in memory and in virtual time: a Server on a SimLoop, raw clients
// before it and raw upstreams behind it. Everything a test says and hears is wire text.
//
//   World world(Yaml...);  // the bootstrap; listeners and clusters use 10.0.0.x addresses
//   Upstream& up = world.AddUpstream("10.0.0.1:80");
//   Client& client = world.Connect();
//   client.Send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
//   up.connection(0).Send(...);
//   EXPECT_EQ(client.received(), ...);
//
// Send and Run move virtual time a little, so that what was sent has arrived when they return.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/proto/extension_decoders.h"
#include "source/exe/bootstrap_file.h"
#include "source/filter/factories.h"
#include "source/server/server.h"
#include "test/fakes/fake_files.h"
#include "test/fakes/fake_heap.h"
#include "test/fakes/fake_resolver.h"
#include "test/fakes/fake_xds_transport.h"
#include "test/fakes/inline_executor.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"

namespace weir::scenario {

// A raw end of a connection: collects what it hears, says what it is told.
class Peer final : public net::ByteStreamHandler, public event::DeferredDeletable {
 public:
  Peer(buffer::BlockPool& blocks, std::unique_ptr<net::ByteStream> stream);
  ~Peer() override;

  void Send(std::string_view text);
  // Reads nothing from now on (a slow reader), or catches up.
  void SetReading(bool reading);
  void EndWrites();
  void Close();
  void Reset();

  const std::string& received() const { return received_; }
  std::string TakeReceived() { return std::exchange(received_, {}); }
  bool ended() const { return ended_; }
  bool failed() const { return failed_; }
  // Called after bytes came; may call Send.
  void OnBytes(std::function<void(Peer&)> on_bytes) { on_bytes_ = std::move(on_bytes); }

  void OnConnected() override { Flush(); }
  void OnReadable() override { Read(); }
  void OnWritable() override { Flush(); }
  void OnFailed(std::string_view) override { failed_ = true; }

 private:
  void Read();
  void Flush();

  std::unique_ptr<net::ByteStream> stream_;
  buffer::Buffer in_;
  buffer::Buffer out_;
  std::string received_;
  bool reading_ = true;
  bool ended_ = false;
  bool failed_ = false;
  bool end_writes_ = false;
  bool closed_ = false;
  std::function<void(Peer&)> on_bytes_;
};

// A listening address behind the proxy.
class Upstream final : public net::AcceptHandler {
 public:
  using Wrap = std::function<std::unique_ptr<net::ByteStream>(std::unique_ptr<net::ByteStream>)>;

  Upstream(fakes::SimNetwork& network, buffer::BlockPool& blocks, const net::Address& address);

  size_t connection_count() const { return connections_.size(); }
  Peer& connection(size_t index) { return *connections_[index]; }
  // The newest one.
  Peer& last() { return *connections_.back(); }
  // Answers every complete head of a request (without a body) with `response`, as long as it is
  // set.
  void AnswerAll(std::string response) { answer_ = std::move(response); }
  // Takes what connections receive from now on, in place of AnswerAll.
  void OnBytes(std::function<void(Peer&)> on_bytes) { on_bytes_ = std::move(on_bytes); }
  // Requests seen by AnswerAll.
  size_t answered() const { return answered_; }
  void CloseAll();
  // Speaks TLS, or whatever `wrap` makes of connections that come from now on.
  void SetWrap(Wrap wrap) { wrap_ = std::move(wrap); }

  void OnAccept(std::unique_ptr<net::ByteStream> stream) override;
  void OnAcceptError(std::string_view) override {}

 private:
  void Answer(Peer& peer);

  buffer::BlockPool& blocks_;
  std::string answer_;
  Wrap wrap_;
  std::function<void(Peer&)> on_bytes_;
  size_t answered_ = 0;
  std::vector<std::shared_ptr<net::ListenSocket>> sockets_;
  std::unique_ptr<net::Acceptor> acceptor_;
  std::vector<std::unique_ptr<Peer>> connections_;
};

// Logs in memory, of whatever path.
class Lines final : public filter::LogSinks, public filter::LogSink {
 public:
  std::shared_ptr<filter::LogSink> Open(const std::string&) override {
    return std::shared_ptr<filter::LogSink>(std::shared_ptr<void>(), this);
  }
  std::shared_ptr<filter::LogSink> OpenPrivate(const std::string& path) override {
    return Open(path);
  }
  void Write(std::string_view line) override { lines_.emplace_back(line); }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

struct WorldOptions {
  uint64_t seed = 1;
  fakes::SimNetworkOptions network = {};
  size_t workers = 1;
  event::Duration drain_time = std::chrono::seconds(30);
  // What lies on the disk at the start, by path.
  std::map<std::string, std::string> files = {};
  // Nobody answers at the control plane's address.
  bool control_plane_gone = false;
  // Adds factories and decoders of the test's own.
  std::function<void(config::proto::ExtensionDecoders&, filter::Factories&)> extensions;
};

class World {
 public:
  // Starts the server and runs until it had time to open its listeners.
  explicit World(const std::string& bootstrap_yaml, WorldOptions options = {});
  ~World();

  // Not OK when the bootstrap was refused; nothing else may be called then.
  const absl::Status& status() const { return status_; }

  Upstream& AddUpstream(std::string_view address);
  Peer& Connect(std::string_view address = "10.0.0.100:80");
  // The same through a transport of its own: `wrap` gets the connected stream.
  Peer& Connect(std::string_view address, const Upstream::Wrap& wrap);
  // Moves virtual time.
  void Run(event::Duration duration = std::chrono::milliseconds(5)) { loop_.RunFor(duration); }
  // Sends and runs.
  void Say(Peer& peer, std::string_view text) {
    peer.Send(text);
    Run();
  }

  fakes::SimLoop& loop() { return loop_; }
  fakes::SimNetwork& network() { return network_; }
  buffer::BlockPool& blocks() { return blocks_; }
  // By ADS, or of a type that has a stream of its own.
  fakes::FakeXdsTransport& xds(std::string_view type_url = "") {
    return *transports_.find(type_url)->second;
  }
  bool has_xds(std::string_view type_url) const { return transports_.contains(type_url); }
  // No transport to a control plane can be made from now on, or again where `why` is OK.
  void RefuseTransports(absl::Status why) { transport_status_ = std::move(why); }
  fakes::FakeFiles& files() { return files_; }
  fakes::FakeResolver& resolver() { return resolver_; }
  fakes::FakeHeap& heap() { return heap_; }
  server::Server& server() { return *server_; }
  Lines& log() { return log_; }
  const stats::Registry& registry() const { return registry_; }
  // A counter or gauge by its full name, 0 when there is none.
  int64_t Stat(std::string_view name) const;

 private:
  class Data;  // Reads files_.

  fakes::SimLoop loop_;
  fakes::SimNetwork network_;
  buffer::BlockPool blocks_;
  fakes::FakeFiles files_;
  fakes::InlineExecutor executor_;
  fakes::FakeHeap heap_;
  fakes::FakeResolver resolver_;
  stats::Registry registry_;
  Lines log_;
  std::unique_ptr<config::proto::DataReader> data_;
  config::proto::ExtensionDecoders decoders_;
  filter::Factories factories_;
  const bool control_plane_gone_;
  absl::Status transport_status_;
  std::map<std::string, fakes::FakeXdsTransport*, std::less<>> transports_;
  absl::Status status_;
  std::unique_ptr<server::Server> server_;
  std::vector<std::unique_ptr<Upstream>> upstreams_;
  std::vector<std::unique_ptr<Peer>> clients_;
};

}  // namespace weir::scenario
