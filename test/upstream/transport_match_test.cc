// Transports chosen by what endpoints' metadata say (transport_socket_matches).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/upstream/cluster_map.h"
#include "test/upstream/negotiating_transport.h"
#include "test/upstream/world.h"

namespace weir::upstream {
namespace {

constexpr char kA[] = "10.0.0.1:80";
constexpr char kAnswer[] = "200 10.0.0.1:80";

Value Labels(std::string_view mode) {
  return Value::FromFields({{"tlsMode", Value::String(mode)}, {"other", Value::Bool(true)}});
}
Value Match(std::string_view mode) { return Value::FromFields({{"tlsMode", Value::String(mode)}}); }

// One host, whose labels a test changes, and a transport for each of two matches and for the rest.
struct MatchWorld : World {
  MatchWorld() : server(Serve(kA)) {
    auto cluster = std::make_shared<config::Cluster>();
    cluster->name = "web";
    cluster->transport_socket_matches = {{.name = "mutual", .match = Match("istio")},
                                         {.name = "plain", .match = Match("disabled")}};
    config = std::move(cluster);
  }
  void Label(const Value& of_endpoint, const Value& of_locality = Value()) {
    auto endpoints = std::make_shared<config::Endpoints>();
    endpoints->labels = {of_endpoint, of_locality};
    endpoints->localities.Edit().push_back({.labels = of_locality.is_null() ? 0u : 2u});
    endpoints->endpoints.push_back(
        {.address = *net::Address::Parse(kA), .labels = of_endpoint.is_null() ? 0u : 1u});
    clusters.SetEntry({config, endpoints,
                       std::make_shared<const config::Transports>(
                           config::Transports{transports[0], transports[1], transports[2]})});
    Install();
  }
  // Sends a request; which of the transports made a connection for it: "-" for none.
  std::string Ask() {
    const auto counts = [this] {
      return std::vector<size_t>{transports[0]->wrapped(), transports[1]->wrapped(),
                                 transports[2]->wrapped()};
    };
    const std::vector<size_t> before = counts();
    Call call(*this);
    call.Go(Get());
    loop.RunReady();
    EXPECT_EQ(call.result, kAnswer);
    std::string used;
    for (size_t i = 0; i < 3; ++i) {
      if (counts()[i] != before[i]) used += std::to_string(i);
    }
    return used.empty() ? "-" : used;
  }

  UpstreamServer& server;
  std::shared_ptr<const config::Cluster> config;
  std::vector<std::shared_ptr<NegotiatingTransport>> transports = {
      std::make_shared<NegotiatingTransport>(), std::make_shared<NegotiatingTransport>(),
      std::make_shared<NegotiatingTransport>()};
};

TEST(TransportMatch, TheFirstThatFitsIsUsed) {
  struct Case {
    Value of_endpoint, of_locality;
    std::string_view used;
  };
  const Case cases[] = {{Labels("istio"), Value(), "1"},
                        {Labels("disabled"), Value(), "2"},
                        {Labels("else"), Value(), "0"},
                        {Value(), Value(), "0"},
                        {Value(), Labels("disabled"), "2"},
                        {Labels("else"), Labels("istio"), "1"},
                        {Labels("disabled"), Labels("istio"), "1"}};
  for (const Case& c : cases) {
    MatchWorld world;
    world.Label(c.of_endpoint, c.of_locality);
    EXPECT_EQ(world.Ask(), c.used);
  }
}

TEST(TransportMatch, NewMetadataReachNewConnectionsAndLeaveOthers) {
  MatchWorld world;
  world.Label(Labels("istio"));
  EXPECT_EQ(world.Ask(), "1");
  world.Label(Labels("disabled"));
  EXPECT_EQ(world.Ask(), "-") << "the connection stands";
  EXPECT_EQ(world.server.accepted(), 1u);
  world.server.CloseAll();
  world.loop.RunReady();
  EXPECT_EQ(world.Ask(), "2");
}

TEST(TransportMatch, ANewSecretReachesNewConnectionsOfItsMatch) {
  MatchWorld world;
  world.Label(Labels("istio"));
  EXPECT_EQ(world.Ask(), "1");
  const auto before = world.transports[1];
  world.transports[1] = std::make_shared<NegotiatingTransport>();
  world.Label(Labels("istio"));
  EXPECT_EQ(world.Ask(), "-");
  world.server.CloseAll();
  world.loop.RunReady();
  EXPECT_EQ(world.Ask(), "1");
  EXPECT_EQ(before->wrapped(), 1u);
}

TEST(TransportMatch, HostsAreCountedByTheirMatch) {
  MatchWorld world;
  const auto count = [&](std::string_view name) {
    for (const stats::Reading& reading : world.stats.Read()) {
      if (reading.name == name) return reading.counter;
    }
    return uint64_t{0};
  };
  world.Label(Labels("istio"));
  world.Ask();
  world.Label(Labels("istio"));
  EXPECT_EQ(count("cluster.web.mutual.total_match_count"), 1u);
  world.Label(Value());
  EXPECT_EQ(count("cluster.web.mutual.total_match_count"), 1u);
  EXPECT_EQ(count("cluster.web.default.total_match_count"), 1u);
}

}  // namespace
}  // namespace weir::upstream
