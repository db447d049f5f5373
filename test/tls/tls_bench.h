// A TLS client and a TLS server over the simulated network, each with its context.
//
//   TlsBench bench(server, client);
//   bench.Connect();          // both handshakes end, one way or the other
//   bench.client().input ...  bench.server().failure ...
#pragma once

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "source/tls/client_context.h"
#include "source/tls/server_context.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"
#include "test/net/recording_peer.h"
#include "test/x509/authority.h"

namespace weir::tls {

inline config::TlsCertificate CertificateOf(const x509::Identity& identity) {
  return {.chain_pem = identity.chain_pem, .key_pem = SecretBytes(std::string(identity.key_pem))};
}

class TlsBench final : public net::AcceptHandler {
 public:
  explicit TlsBench(const config::DownstreamTls& server, const config::UpstreamTls& client,
                    fakes::SimNetworkOptions options = {})
      : network_(loop_, options) {
    SetServer(server);
    SetClient(client);
    Listen();
  }
  // With contexts that others use too.
  TlsBench(std::shared_ptr<const ServerContext> server, std::shared_ptr<const ClientContext> client)
      : network_(loop_), server_context_(std::move(server)), client_context_(std::move(client)) {
    Listen();
  }
  ~TlsBench() {
    Drop();
    acceptor_.reset();
    sockets_.clear();
    loop_.RunFor(std::chrono::seconds(1));
  }

  void SetServer(const config::DownstreamTls& tls) {
    auto made = ServerContext::Create(tls);
    ASSERT_TRUE(made.ok()) << made.status();
    server_context_ = *std::move(made);
  }
  void SetClient(const config::UpstreamTls& tls) {
    auto made = ClientContext::Create(tls);
    ASSERT_TRUE(made.ok()) << made.status();
    client_context_ = *std::move(made);
  }

  // A new connection; the one before ends.
  void Connect(const net::TransportOptions& options = {}) {
    Drop();
    client_ = std::make_unique<net::RecordingPeer>(blocks_);
    std::unique_ptr<net::ByteStream> stream = network_.Connect(sockets_[0]->address(), {});
    client_inner_ = stream.get();
    client_->Adopt(
        client_context_->Wrap(std::move(stream), {loop_, blocks_, client_stats_}, options));
    loop_.RunFor(std::chrono::seconds(1));
  }
  // A client without TLS, whose test speaks it.
  void ConnectRaw() {
    Drop();
    client_ = std::make_unique<net::RecordingPeer>(blocks_);
    client_->Adopt(network_.Connect(sockets_[0]->address(), {}));
    loop_.RunFor(std::chrono::milliseconds(100));
  }
  void Drop() {
    client_.reset();
    server_.reset();
    loop_.RunFor(std::chrono::milliseconds(100));
  }
  void Run() { loop_.RunFor(std::chrono::seconds(1)); }

  net::RecordingPeer& client() { return *client_; }
  net::RecordingPeer& server() { return *server_; }
  bool connected() const {
    return client_->connected == 1 && !client_->broken() && server_ != nullptr &&
           server_->connected == 1 && !server_->broken();
  }
  // The streams below TLS, for what an attacker may do to them.
  net::ByteStream& client_inner() { return *client_inner_; }
  net::ByteStream& server_inner() { return *server_inner_; }
  const net::TlsFacts& client_facts() { return *client_->stream->transport().tls; }
  const net::TlsFacts& server_facts() { return *server_->stream->transport().tls; }
  net::TransportStats& client_stats() { return client_stats_; }
  net::TransportStats& server_stats() { return server_stats_; }
  fakes::SimLoop& loop() { return loop_; }
  buffer::BlockPool& blocks() { return blocks_; }

  void OnAccept(std::unique_ptr<net::ByteStream> stream) override {
    buffer::Buffer nothing(blocks_);
    server_inner_ = stream.get();
    server_ = std::make_unique<net::RecordingPeer>(blocks_);
    server_->Adopt(
        server_context_->Wrap(std::move(stream), nothing, {loop_, blocks_, server_stats_}));
  }
  void OnAcceptError(std::string_view) override {}

 private:
  void Listen() {
    sockets_ = *network_.OpenListenSockets(*net::Address::Parse("10.0.0.1:443"), {}, 1);
    acceptor_ = network_.Accept(*sockets_[0], *this, 100);
  }

  fakes::SimLoop loop_{7};
  fakes::SimNetwork network_;
  buffer::BlockPool blocks_;
  net::TransportStats client_stats_, server_stats_;
  std::shared_ptr<const ServerContext> server_context_;
  std::shared_ptr<const ClientContext> client_context_;
  std::vector<std::shared_ptr<net::ListenSocket>> sockets_;
  std::unique_ptr<net::Acceptor> acceptor_;
  std::unique_ptr<net::RecordingPeer> client_, server_;
  net::ByteStream* client_inner_ = nullptr;
  net::ByteStream* server_inner_ = nullptr;
};

}  // namespace weir::tls
