#include "source/server/listener_director.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/status.h"
#include "test/fakes/sim_loop.h"
#include "test/fakes/sim_network.h"
#include "test/server/notes.h"
#include "test/server/transports.h"

namespace weir::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Wanted {
  std::string name = "l";
  uint16_t port = 80;
  std::string rds;  // Empty: no routes are asked for.
  bool inbound = false;
};

std::shared_ptr<const generation::Listener> ListenerOf(const Wanted& wanted) {
  auto http = std::make_shared<config::HttpConnectionManager>();
  http->rds_name = http->rds_key = wanted.rds;
  auto chain_config = std::make_shared<config::FilterChain>();
  chain_config->terminal = std::shared_ptr<const config::HttpConnectionManager>(std::move(http));
  auto chain = std::make_shared<generation::Chain>();
  chain->config = chain_config;
  auto config = std::make_shared<config::Listener>();
  config->name = wanted.name;
  config->address = *net::Address::Parse("10.0.0.100:" + std::to_string(wanted.port));
  config->filter_chains = {chain_config};
  if (wanted.inbound) config->direction = config::Listener::Direction::kInbound;
  auto listener = std::make_shared<generation::Listener>();
  listener->index = *router::ChainIndex::Create(config->filter_chains, nullptr);
  listener->chains.emplace(chain_config.get(), std::move(chain));
  listener->config = std::move(config);
  return listener;
}

std::shared_ptr<const router::RouteIndex> RoutesOf(const std::string& name, uint64_t hash) {
  auto table = std::make_shared<config::RouteTable>();
  table->name = name;
  table->content_hash = hash;
  return *router::RouteIndex::Create(std::move(table));
}

class ListenerDirectorTest : public testing::Test {
 protected:
  absl::Status Set(const Wanted& wanted) {
    auto bound = director.Bind(ListenerOf(wanted));
    if (bound.ok()) director.Set(*std::move(bound));
    return bound.status();
  }
  bool IsFree(uint16_t port) {
    return network
        .OpenListenSockets(*net::Address::Parse("10.0.0.100:" + std::to_string(port)), {}, 1)
        .ok();
  }

  fakes::SimLoop loop{1};
  fakes::SimNetwork network{loop, {}};
  ListenSockets sockets{network, 2};
  Notes notes;
  int changes = 0;
  Transports transports{notes};
  ListenerDirector director{loop,  std::chrono::seconds(30), sockets,
                            notes, transports.maker,         [this] { ++changes; }};
};

TEST_F(ListenerDirectorTest, HoldsListenersBackUntilItIsOpened) {
  ASSERT_TRUE(Set({}).ok());
  EXPECT_THAT(director.Warming(), ElementsAre("l"));
  EXPECT_FALSE(IsFree(80));  // Bound at once, so that an address in use is an error at once.
  director.Open();
  EXPECT_THAT(director.Warming(), IsEmpty());
  EXPECT_NE(director.active().Find("l"), nullptr);
  EXPECT_EQ(director.sockets().at("l").front()->address().ToString(), "10.0.0.100:80");
}

TEST_F(ListenerDirectorTest, WaitsForItsRoutesOrTheirAbsence) {
  director.Open();
  ASSERT_TRUE(Set({.rds = "r"}).ok());
  ASSERT_TRUE(Set({.name = "m", .port = 81, .rds = "never"}).ok());
  EXPECT_THAT(notes.Take(), ElementsAre("+r", "+never"));
  EXPECT_EQ(director.active().size(), 0u);
  director.SetRoutes("r", RoutesOf("r", 1));
  EXPECT_NE(director.active().Find("l"), nullptr);
  EXPECT_EQ(director.active().Find("m"), nullptr);
  director.RoutesTimedOut("never");
  EXPECT_NE(director.active().Find("m"), nullptr);
}

TEST_F(ListenerDirectorTest, ForgottenRoutesStayForConnectionsThatDrainAndWarmNobody) {
  director.Open();
  ASSERT_TRUE(Set({.rds = "r"}).ok());
  director.SetRoutes("r", RoutesOf("r", 1));
  director.Remove("l");
  director.ForgetRoutes("r");
  EXPECT_NE(director.routes().Find("r"), nullptr);
  ASSERT_TRUE(Set({.name = "m", .port = 81, .rds = "r"}).ok());
  EXPECT_EQ(director.active().Find("m"), nullptr);
  director.SetRoutes("r", RoutesOf("r", 1));
  EXPECT_NE(director.active().Find("m"), nullptr);
  director.Remove("m");
  director.ForgetRoutes("r");
  loop.RunFor(std::chrono::seconds(29));
  EXPECT_NE(director.routes().Find("r"), nullptr);
  const int before = changes;
  loop.RunFor(std::chrono::seconds(2));
  EXPECT_EQ(director.routes().Find("r"), nullptr);
  EXPECT_GT(changes, before);
}

TEST_F(ListenerDirectorTest, AnEqualListenerAndEqualRoutesChangeNothing) {
  director.Open();
  ASSERT_TRUE(Set({.rds = "r"}).ok());
  director.SetRoutes("r", RoutesOf("r", 1));
  const int before = changes;
  notes.Take();
  ASSERT_TRUE(Set({.rds = "r"}).ok());
  director.SetRoutes("r", RoutesOf("r", 1));
  EXPECT_EQ(changes, before);
  EXPECT_THAT(notes.Take(), IsEmpty());
  EXPECT_EQ(director.counts().modified, 0u);
  director.SetRoutes("r", RoutesOf("r", 2));
  EXPECT_EQ(changes, before + 1);
}

TEST_F(ListenerDirectorTest, ANewVersionAtTheSameAddressKeepsItsSockets) {
  director.Open();
  ASSERT_TRUE(Set({}).ok());
  const ListenSockets::Sockets before = director.sockets().at("l");
  ASSERT_TRUE(Set({.inbound = true}).ok());
  EXPECT_EQ(director.sockets().at("l"), before);
  EXPECT_EQ(director.counts().modified, 1u);
}

TEST_F(ListenerDirectorTest, AnAddressInUseRefusesTheListenerAndKeepsTheFormer) {
  director.Open();
  ASSERT_TRUE(Set({}).ok());
  const auto taken = *network.OpenListenSockets(*net::Address::Parse("10.0.0.100:82"), {}, 1);
  EXPECT_THAT(std::string(MessageOf(Set({.port = 82}))),
              HasSubstr("listener \"l\" cannot listen on 10.0.0.100:82"));
  EXPECT_EQ((*director.active().Find("l"))->config->address.ToString(), "10.0.0.100:80");
  EXPECT_EQ(director.counts().create_failure, 1u);
}

TEST_F(ListenerDirectorTest, BindingAloneChangesNothing) {
  director.Open();
  {
    const auto bound = director.Bind(ListenerOf({}));
    ASSERT_TRUE(bound.ok());
    EXPECT_EQ(director.active().size(), 0u);
    EXPECT_EQ(changes, 0);
  }
  EXPECT_TRUE(IsFree(80));
}

TEST_F(ListenerDirectorTest, StaticListenersCannotBeReplacedOrRemoved) {
  ASSERT_TRUE(director.SetStatic(ListenerOf({})).ok());
  director.Open();
  EXPECT_THAT(std::string(MessageOf(Set({.port = 81}))), HasSubstr("static listeners"));
  director.Remove("l");
  EXPECT_NE(director.active().Find("l"), nullptr);
}

TEST_F(ListenerDirectorTest, ARemovedListenerGivesItsSocketsBack) {
  director.Open();
  ASSERT_TRUE(Set({.rds = "r"}).ok());
  director.SetRoutes("r", RoutesOf("r", 1));
  notes.Take();
  director.Remove("l");
  EXPECT_THAT(notes.Take(), ElementsAre("-r"));
  EXPECT_TRUE(IsFree(80));
}

TEST_F(ListenerDirectorTest, StoppingLetsGoOfSocketsAndTakesNoMoreOfThatDirection) {
  director.Open();
  ASSERT_TRUE(Set({}).ok());
  ASSERT_TRUE(Set({.name = "in", .port = 81, .inbound = true}).ok());
  ASSERT_TRUE(Set({.name = "waits", .port = 82, .rds = "r", .inbound = true}).ok());
  director.Stop(/*inbound_only=*/true);
  EXPECT_FALSE(IsFree(80));
  EXPECT_TRUE(IsFree(81));
  EXPECT_TRUE(IsFree(82));
  EXPECT_NE(director.active().Find("in"), nullptr);
  EXPECT_THAT(director.Warming(), IsEmpty());
  ASSERT_TRUE(Set({.name = "late", .port = 83, .inbound = true}).ok());
  EXPECT_TRUE(IsFree(83));
  ASSERT_TRUE(Set({.name = "other", .port = 84}).ok());
  EXPECT_FALSE(IsFree(84));
  EXPECT_EQ(director.counts().stopped, 1u);
}

}  // namespace
}  // namespace weir::server
