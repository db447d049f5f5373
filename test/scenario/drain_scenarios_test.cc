// /drain_listeners: what stops, what is told to go, and that nothing queued is lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/schema/resource_type.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/resources.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kInbound[] = "  traffic_direction: INBOUND\n";

// Streamed, with an upstream that answers, and two listeners: "edge" at port 80, and one of inbound
// traffic at port 81. Every client is told to go within ten seconds of a graceful drain.
struct Draining {
  Draining() : streamed(kDynamicBootstrap, {.workers = 2, .drain_time = std::chrono::seconds(10)}) {
    world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
    streamed.control.Send(schema::kListenerTypeUrl, "l2",
                          Listener("edge", 80) + Listener("in", 81) + kInbound);
  }
  bool Listens(int port) { return !world.Connect("10.0.0.100:" + std::to_string(port)).failed(); }
  // Nobody holds a socket of that address any more.
  bool IsFree(int port) {
    return world.network()
        .OpenListenSockets(*net::Address::Parse("10.0.0.100:" + std::to_string(port)), {}, 1)
        .ok();
  }

  Streamed streamed;
  World& world = streamed.world;
};

TEST(DrainScenario, StoppedListenersGiveTheirSocketsBackAndServeWhatTheyHave) {
  Draining draining;
  World& world = draining.world;
  Peer& client = world.Connect();
  world.Say(client, kGet);
  client.TakeReceived();
  world.server().DrainListeners({});
  world.Run();
  EXPECT_FALSE(draining.Listens(80));
  EXPECT_FALSE(draining.Listens(81));
  EXPECT_TRUE(draining.IsFree(80));
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(world.Stat("listener_manager.listener_stopped"), 2);
}

TEST(DrainScenario, AConnectionThatTheKernelHasQueuedIsServed) {
  Draining draining;
  World& world = draining.world;
  // Nothing runs between the connection and the end of its listener.
  buffer::BlockPool blocks;
  Peer queued(blocks, world.network().Connect(*net::Address::Parse("10.0.0.100:80"), {}));
  world.server().DrainListeners({});
  world.Run();
  world.Say(queued, kGet);
  EXPECT_THAT(queued.received(), StartsWith("HTTP/1.1 200 OK\r\n"));
  queued.Close();
}

TEST(DrainScenario, AFileAsksForAStartThatFailsHealthChecks) {
  const std::string bootstrap = StrCat(kDynamicBootstrap, "flags_path: /etc/flags\n");
  World with(bootstrap, {.files = {{"/etc/flags/drain", ""}}});
  EXPECT_EQ(with.server().state(), admin::ServerState::kDraining);
  World without(bootstrap, {.files = {{"/etc/flags/other", ""}}});
  EXPECT_NE(without.server().state(), admin::ServerState::kDraining);
  World nowhere(bootstrap);
  EXPECT_TRUE(nowhere.status().ok());
}

TEST(DrainScenario, WhoConnectsWhileTheServerEndsIsRefused) {
  Draining draining;
  World& world = draining.world;
  bool done = false;
  world.server().Shutdown(std::chrono::seconds(10), [&done] { done = true; });
  world.Run();
  EXPECT_FALSE(draining.Listens(80));
  EXPECT_TRUE(draining.IsFree(80));
  EXPECT_TRUE(done);
}

TEST(DrainScenario, OnlyInboundListenersStopWhereThatIsAskedFor) {
  Draining draining;
  draining.world.server().DrainListeners({.inbound_only = true});
  draining.world.Run();
  EXPECT_TRUE(draining.Listens(80));
  EXPECT_FALSE(draining.Listens(81));
}

TEST(DrainScenario, AListenerThatComesLaterIsNotOpened) {
  Draining draining;
  draining.world.server().DrainListeners({.inbound_only = true});
  draining.world.Run();
  draining.streamed.control.Send(schema::kListenerTypeUrl, "l3",
                                 Listener("edge", 80) + Listener("in", 81) + kInbound +
                                     Listener("late", 82) + kInbound + Listener("out", 83));
  EXPECT_EQ(draining.streamed.control.AnswerTo("l3"), "");
  EXPECT_FALSE(draining.Listens(82));
  EXPECT_TRUE(draining.Listens(83));
}

TEST(DrainScenario, AGracefulDrainTellsClientsFirstAndStopsAtItsEnd) {
  Draining draining;
  World& world = draining.world;
  world.server().DrainListeners({.graceful = true});
  world.Run(std::chrono::seconds(9));
  EXPECT_TRUE(draining.Listens(80));
  world.Run(std::chrono::seconds(2));
  EXPECT_FALSE(draining.Listens(80));
}

TEST(DrainScenario, WithSkipExitListenersGoOnAfterTheDrainTime) {
  Draining draining;
  World& world = draining.world;
  world.server().DrainListeners({.graceful = true, .skip_exit = true});
  world.Run(std::chrono::seconds(11));
  Peer& client = world.Connect();
  world.Say(client, kGet);
  EXPECT_THAT(client.received(), HasSubstr("connection: close"));
}

TEST(DrainScenario, AGracefulDrainOfInboundListenersLeavesTheOthersAlone) {
  Draining draining;
  World& world = draining.world;
  world.server().DrainListeners({.graceful = true, .inbound_only = true, .skip_exit = true});
  world.Run(std::chrono::seconds(11));
  Peer& inbound = world.Connect("10.0.0.100:81");
  world.Say(inbound, kGet);
  EXPECT_THAT(inbound.received(), HasSubstr("connection: close"));
  Peer& other = world.Connect();
  world.Say(other, kGet);
  EXPECT_THAT(other.received(), Not(HasSubstr("connection: close")));
  // A failed health check tells them all; taking it back leaves the drain as it was.
  world.server().FailHealthCheck(true);
  world.Say(other, kGet);
  EXPECT_THAT(other.TakeReceived(), HasSubstr("connection: close"));
  world.server().FailHealthCheck(false);
  Peer& again = world.Connect("10.0.0.100:81");
  world.Say(again, kGet);
  EXPECT_THAT(again.received(), HasSubstr("connection: close"));
}

}  // namespace
}  // namespace weir::scenario
