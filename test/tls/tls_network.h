// A network whose connections speak TLS, for the contract of ByteStream.
#pragma once

#include <memory>
#include <vector>

#include "source/tls/client_context.h"
#include "source/tls/server_context.h"
#include "test/net/networks.h"
#include "test/tls/tls_bench.h"
#include "test/x509/authority.h"

namespace weir::tls {

// Wraps what the network below connects and accepts.
class WrappingNetwork final : public net::Network {
 public:
  WrappingNetwork(event::Loop& loop, net::Network& below)
      : platform_{loop, blocks_, stats_}, below_(below) {
    const x509::Authority root("Root");
    config::DownstreamTls server;
    server.common.certificates.push_back(CertificateOf(root.Issue({.dns = {"a.example"}})));
    server_ = *ServerContext::Create(server);
    config::UpstreamTls client;
    client.common.validation.trusted_ca_pem = root.pem();
    client.sni = "a.example";
    client.auto_sni_san_validation = true;
    client_ = *ClientContext::Create(client);
  }

  absl::StatusOr<std::vector<std::shared_ptr<net::ListenSocket>>> OpenListenSockets(
      const net::Address& address, const net::ListenOptions& options, size_t count) override {
    return below_.OpenListenSockets(address, options, count);
  }
  absl::StatusOr<std::vector<std::shared_ptr<net::ListenSocket>>> AddListenSockets(
      const net::Address& address, const net::ListenOptions& options, size_t count) override {
    return below_.AddListenSockets(address, options, count);
  }
  std::unique_ptr<net::Acceptor> Accept(net::ListenSocket& socket, net::AcceptHandler& handler,
                                        uint32_t accepts_per_turn) override {
    auto acceptor = std::make_unique<WrappingAcceptor>(*this, handler);
    acceptor->below = below_.Accept(socket, *acceptor, accepts_per_turn);
    return acceptor;
  }
  std::unique_ptr<net::ByteStream> Connect(const net::Address& address,
                                           const net::ConnectOptions& options) override {
    return client_->Wrap(below_.Connect(address, options), platform_, {});
  }

 private:
  struct WrappingAcceptor final : net::Acceptor, net::AcceptHandler {
    WrappingAcceptor(WrappingNetwork& owner, net::AcceptHandler& to)
        : network(owner), handler(to) {}
    void AcceptQueued() override { below->AcceptQueued(); }
    void OnAccept(std::unique_ptr<net::ByteStream> stream) override {
      buffer::Buffer nothing(network.blocks_);
      handler.OnAccept(network.server_->Wrap(std::move(stream), nothing, network.platform_));
    }
    void OnAcceptError(std::string_view reason) override { handler.OnAcceptError(reason); }

    WrappingNetwork& network;
    net::AcceptHandler& handler;
    std::unique_ptr<net::Acceptor> below;
  };

  buffer::BlockPool blocks_;
  net::TransportStats stats_;
  const net::TransportPlatform platform_;
  net::Network& below_;
  std::shared_ptr<const ServerContext> server_;
  std::shared_ptr<const ClientContext> client_;
};

// `Below` with TLS on it.
template <typename Below>
class TlsNetwork final : public net::TestNetwork {
 public:
  event::Loop& loop() override { return below_.loop(); }
  net::Network& network() override { return network_; }
  net::Address ListenAddress() override { return below_.ListenAddress(); }
  bool RunUntil(const std::function<bool()>& done) override { return below_.RunUntil(done); }
  void Settle() override { below_.Settle(); }
  bool encrypted() const override { return true; }

 private:
  Below below_;
  WrappingNetwork network_{below_.loop(), below_.network()};
};

}  // namespace weir::tls
