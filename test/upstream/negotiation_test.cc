// Pools whose connections speak what each handshake agrees on (auto_config).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/upstream/negotiating_transport.h"
#include "test/upstream/world.h"

namespace weir::upstream {
namespace {

using testing::Each;
using testing::ElementsAre;
using Speaks = UpstreamServer::Speaks;

constexpr char kA[] = "10.0.0.1:80";
constexpr char kAnswer[] = "200 10.0.0.1:80";

// A cluster that goes by the handshake, and a server that does too.
struct NegotiationWorld : World {
  explicit NegotiationWorld(config::CircuitBreakers breakers = {}) : server(Serve(kA)) {
    config::Cluster cluster;
    cluster.name = "web";
    cluster.protocol = config::Cluster::Protocol::kAuto;
    cluster.breakers = breakers;
    Install(std::move(cluster), {kA}, transport);
  }
  void Agree(const std::string& protocol) {
    transport->Agree(protocol);
    server.SetSpeaks(protocol == "h2" ? Speaks::kHttp2 : Speaks::kHttp1);
  }
  // Begins `count` requests.
  void Ask(int count) {
    for (int i = 0; i < count; ++i) {
      calls.push_back(std::make_unique<Call>(*this));
      calls.back()->Go(Get());
    }
    loop.RunReady();
  }
  std::vector<std::string> Results() const {
    std::vector<std::string> results;
    for (const auto& call : calls) results.push_back(call->result);
    return results;
  }
  http::Protocol LastProtocol() const { return calls.back()->request.connection().protocol; }

  std::shared_ptr<NegotiatingTransport> transport = std::make_shared<NegotiatingTransport>();
  UpstreamServer& server;
  std::vector<std::unique_ptr<Call>> calls;
};

TEST(Negotiation, Http2CarriesAllOnOneConnection) {
  NegotiationWorld world;
  world.Agree("h2");
  world.Ask(5);
  EXPECT_THAT(world.Results(), Each(kAnswer));
  EXPECT_EQ(world.server.accepted(), 1u);
  EXPECT_THAT(world.transport->offered(), ElementsAre("h2", "http/1.1"));
  EXPECT_EQ(world.LastProtocol(), http::Protocol::kHttp2);
  EXPECT_EQ(world.Get().stats().upstream_cx_http2_total.value(), 1u);
  EXPECT_EQ(world.Get().stats().upstream_cx_http1_total.value(), 0u);
}

TEST(Negotiation, Http1OpensAConnectionForEachOnceItIsKnown) {
  for (const char* agreed : {"http/1.1", ""}) {
    NegotiationWorld world;
    world.Agree(agreed);
    world.server.Hold(true);
    world.Ask(5);
    EXPECT_THAT(world.Results(), Each("sent"));
    EXPECT_EQ(world.server.accepted(), 5u);
    world.server.AnswerAll();
    world.loop.RunReady();
    EXPECT_THAT(world.Results(), Each(kAnswer));
    EXPECT_EQ(world.LastProtocol(), http::Protocol::kHttp11);
    EXPECT_EQ(world.Get().stats().upstream_cx_http1_total.value(), 5u);
  }
}

TEST(Negotiation, ThePeerMayChangeItsMindWithEachConnection) {
  NegotiationWorld world;
  const std::pair<const char*, http::Protocol> turns[] = {{"h2", http::Protocol::kHttp2},
                                                          {"http/1.1", http::Protocol::kHttp11},
                                                          {"h2", http::Protocol::kHttp2},
                                                          {"", http::Protocol::kHttp11}};
  size_t requests = 0;
  for (const auto& [agreed, protocol] : turns) {
    world.Agree(agreed);
    world.Ask(3);
    EXPECT_EQ(world.LastProtocol(), protocol);
    EXPECT_EQ(world.server.requests(), requests += 3);
    world.server.DrainAll();
    world.loop.RunReady();
    world.server.CloseAll();
    world.loop.RunReady();
    EXPECT_EQ(world.Get().stats().upstream_cx_active.value(), 0);
  }
  EXPECT_THAT(world.Results(), Each(kAnswer));
}

TEST(Negotiation, ConnectionsOfBothProtocolsStandSideBySide) {
  NegotiationWorld world;
  world.Agree("http/1.1");
  world.server.Hold(true);
  world.Ask(1);
  world.Agree("h2");
  world.Ask(1);
  world.Ask(2);
  EXPECT_EQ(world.server.accepted(), 2u);
  EXPECT_EQ(world.server.held(), 4u);
  world.server.AnswerAll();
  world.loop.RunReady();
  EXPECT_THAT(world.Results(), Each(kAnswer));
  world.server.Hold(true);
  world.Ask(2);
  EXPECT_EQ(world.server.accepted(), 2u) << "both are used again";
  world.server.AnswerAll();
  world.loop.RunReady();
  EXPECT_THAT(world.Results(), Each(kAnswer));
}

TEST(Negotiation, LimitsHoldWhateverIsAgreedOn) {
  NegotiationWorld world({.max_connections = 2, .max_pending_requests = 4});
  world.Agree("http/1.1");
  world.server.Hold(true);
  world.Ask(6);
  EXPECT_THAT(world.Results(), ElementsAre("sent", "sent", "pending", "pending", "failed overflow",
                                           "failed overflow"));
  EXPECT_EQ(world.server.accepted(), 2u);
  for (int i = 0; i < 3; ++i) {
    world.server.AnswerAll();
    world.loop.RunReady();
  }
  EXPECT_THAT(world.Results(), ElementsAre(kAnswer, kAnswer, kAnswer, kAnswer, "failed overflow",
                                           "failed overflow"));
  EXPECT_EQ(world.server.accepted(), 2u);
}

TEST(Negotiation, AClusterThatGoesServesWhoWaitsFirst) {
  NegotiationWorld world;
  world.Agree("http/1.1");
  for (int i = 0; i < 3; ++i) {
    world.calls.push_back(std::make_unique<Call>(world));
    world.calls.back()->Go(world.Get());
  }
  world.clusters.Erase("web");
  world.Install();
  world.loop.RunReady();
  EXPECT_THAT(world.Results(), Each(kAnswer));
  EXPECT_EQ(world.server.open(), 0u);
}

}  // namespace
}  // namespace weir::upstream
