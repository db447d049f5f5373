// Updates that apply whole or not at all, and the last good generation on disk.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "source/schema/resource_type.h"
#include "source/xds/generation_file.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/resources.h"
#include "test/scenario/world.h"

namespace weir::scenario {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

constexpr char kFile[] = "/var/lib/weir/last_good";
constexpr char kRefused[] = "  lrs_server: { self: {} }\n";

// The dynamic bootstrap with weir.config.v1.DynamicUpdates, whose fields are `updates`.
std::string Bootstrap(const std::string& updates) {
  return StrCat(kDynamicBootstrap,
                "bootstrap_extensions:\n- name: updates\n  typed_config: { \"@type\": "
                "type.googleapis.com/weir.config.v1.DynamicUpdates, ",
                updates, " }\n");
}

std::string Delta(std::string bootstrap) {
  const std::string grpc = "api_type: GRPC";
  bootstrap.replace(bootstrap.find(grpc), grpc.size(), "api_type: DELTA_GRPC");
  return bootstrap;
}

const std::string kKeeping = Bootstrap(StrCat("last_good: { path: ", kFile, " }"));

// What a proxy leaves on its disk that has been streamed one listener and "one" at 10.0.0.1.
std::map<std::string, std::string> KeptFiles() {
  Streamed streamed(kKeeping);
  streamed.world.Run(std::chrono::seconds(2));
  const auto bytes = streamed.world.files().Read(kFile, 1 << 20);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return {{kFile, bytes.value_or("")}};
}

WorldOptions Alone(std::map<std::string, std::string> files) {
  WorldOptions options;
  options.files = std::move(files);
  options.control_plane_gone = true;
  return options;
}

bool Serves(World& world) {
  Peer& client = world.Connect();
  world.Say(client, kGet);
  return client.received().starts_with("HTTP/1.1 200 OK\r\n");
}

TEST(UpdateScenario, ATransactionalUpdateWithOneBadResourceChangesNothing) {
  Streamed streamed(Bootstrap("transactional: true"));
  streamed.control.Send(schema::kClusterTypeUrl, "c2", Cluster("one", kRefused) + Cluster("two"));
  EXPECT_THAT(streamed.control.AnswerTo("c2"), AllOf(HasSubstr("one"), Not(HasSubstr("two"))));
  EXPECT_THAT(streamed.control.Asked(schema::kClusterLoadAssignmentTypeUrl), ElementsAre("one"));
  EXPECT_EQ(streamed.world.Stat("cluster_manager.cluster_added"), 2);  // With the static one.
  // Removal is part of the update too.
  streamed.control.Send(schema::kClusterTypeUrl, "c3", Cluster("bad", kRefused));
  Upstream& one = streamed.world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  EXPECT_TRUE(Serves(streamed.world));
  streamed.control.Send(schema::kClusterTypeUrl, "c4", Cluster("one") + Cluster("two"));
  EXPECT_EQ(streamed.control.AnswerTo("c4"), "");
  EXPECT_THAT(streamed.control.Asked(schema::kClusterLoadAssignmentTypeUrl),
              ElementsAre("one", "two"));
}

TEST(UpdateScenario, AListenerThatCannotBeBoundHoldsBackATransactionalUpdate) {
  Streamed streamed(Bootstrap("transactional: true"));
  World& world = streamed.world;
  Upstream& taken = world.AddUpstream("10.0.0.100:82");
  streamed.control.Send(schema::kListenerTypeUrl, "l2",
                        Listener("edge", 80) + Listener("free", 81) + Listener("taken", 82));
  EXPECT_THAT(streamed.control.AnswerTo("l2"), HasSubstr("cannot listen on 10.0.0.100:82"));
  EXPECT_TRUE(world.Connect("10.0.0.100:81").failed());
  taken.CloseAll();
  world.Run();
  streamed.control.Send(schema::kListenerTypeUrl, "l3",
                        Listener("edge", 80) + Listener("free", 81));
  EXPECT_EQ(streamed.control.AnswerTo("l3"), "");
  EXPECT_FALSE(world.Connect("10.0.0.100:81").failed());
}

TEST(UpdateScenario, AProxyThatStartsWithoutItsControlPlaneServesTheLastGoodGeneration) {
  World world(kKeeping, Alone(KeptFiles()));
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  world.Run(std::chrono::seconds(1));
  EXPECT_EQ(world.server().state(), admin::ServerState::kLive);
  EXPECT_TRUE(Serves(world));
}

TEST(UpdateScenario, WithoutTheFileSuchAProxyWaitsForItsControlPlane) {
  World world(kKeeping, Alone({}));
  world.Run(std::chrono::seconds(1));
  EXPECT_NE(world.server().state(), admin::ServerState::kLive);
  world.xds().set_refuse(absl::OkStatus());
  world.Run(std::chrono::seconds(40));
  ControlPlane control(world);
  control.Send(schema::kClusterTypeUrl, "c1", "");
  control.Send(schema::kListenerTypeUrl, "l1", "");
  EXPECT_EQ(world.server().state(), admin::ServerState::kLive);
}

TEST(UpdateScenario, ABrokenFileIsAWarningAndNoMore) {
  const std::string good = KeptFiles()[kFile];
  std::string flipped = good;
  flipped[good.size() / 2] ^= 1;
  for (const std::string& bad : {std::string(), std::string("garbage\n"), flipped,
                                 good.substr(0, good.size() - 1), good.substr(0, 10)}) {
    World world(kKeeping, Alone({{kFile, bad}}));
    ASSERT_TRUE(world.status().ok());
    world.Run(std::chrono::seconds(1));
    EXPECT_NE(world.server().state(), admin::ServerState::kLive);
    world.xds().set_refuse(absl::OkStatus());
    world.Run(std::chrono::seconds(40));
    EXPECT_NE(world.xds().open_call(), nullptr);
  }
}

TEST(UpdateScenario, AFileOfAnotherNodeIsNotUsed) {
  auto generation = xds::ParseGeneration(KeptFiles()[kFile]);
  ASSERT_TRUE(generation.ok());
  generation->node_id = "somebody else";
  World world(kKeeping, Alone({{kFile, xds::SerializeGeneration(*generation)}}));
  world.Run(std::chrono::seconds(1));
  EXPECT_NE(world.server().state(), admin::ServerState::kLive);
}

TEST(UpdateScenario, AfterTheFileTheVersionsHeldAreNamedAndOnlyDifferencesTravel) {
  const auto files = KeptFiles();
  World world(Delta(kKeeping), Alone(files));
  Upstream& one = world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  world.Run(std::chrono::seconds(1));
  world.xds().set_refuse(absl::OkStatus());
  world.Run(std::chrono::seconds(40));
  ASSERT_NE(world.xds().open_call(), nullptr);
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> held;
  for (const std::string& bytes : world.xds().open_call()->TakeSent()) {
    envoy::service::discovery::v3::DeltaDiscoveryRequest request;
    ASSERT_TRUE(request.ParseFromString(bytes));
    for (const auto& [name, version] : request.initial_resource_versions()) {
      held[request.type_url()].emplace_back(name, version);
    }
  }
  EXPECT_THAT(held,
              UnorderedElementsAre(
                  Pair(schema::kClusterTypeUrl, ElementsAre(Pair("one", "c1"))),
                  Pair(schema::kClusterLoadAssignmentTypeUrl, ElementsAre(Pair("one", "e1"))),
                  Pair(schema::kListenerTypeUrl, ElementsAre(Pair("edge", "l1"))),
                  Pair(schema::kRouteConfigurationTypeUrl, ElementsAre(Pair("routes", "r1")))));
  // The server knows that "edge" is gone.
  envoy::service::discovery::v3::DeltaDiscoveryResponse response;
  response.set_type_url(std::string(schema::kListenerTypeUrl));
  response.set_nonce("n");
  response.add_removed_resources("edge");
  EXPECT_TRUE(Serves(world));
  world.xds().open_call()->Deliver(response.SerializeAsString());
  world.Run();
  EXPECT_TRUE(world.Connect().failed());
}

TEST(UpdateScenario, AfterTheFileTheStateOfTheWorldBeginsWithTheVersionAccepted) {
  World world(kKeeping, Alone(KeptFiles()));
  world.Run(std::chrono::seconds(1));
  world.xds().set_refuse(absl::OkStatus());
  world.Run(std::chrono::seconds(40));
  ASSERT_NE(world.xds().open_call(), nullptr);
  std::map<std::string, std::string> versions;
  for (const std::string& bytes : world.xds().open_call()->TakeSent()) {
    envoy::service::discovery::v3::DiscoveryRequest request;
    ASSERT_TRUE(request.ParseFromString(bytes));
    EXPECT_EQ(request.response_nonce(), "");
    versions[request.type_url()] = request.version_info();
  }
  EXPECT_THAT(versions, UnorderedElementsAre(Pair(schema::kClusterTypeUrl, "c1"),
                                             Pair(schema::kClusterLoadAssignmentTypeUrl, "e1"),
                                             Pair(schema::kListenerTypeUrl, "l1"),
                                             Pair(schema::kRouteConfigurationTypeUrl, "r1")));
}

TEST(UpdateScenario, ASilentControlPlaneIsWaitedForAndOneThatAnswersIsPreferred) {
  WorldOptions options;
  options.files = KeptFiles();
  {
    World world(kKeeping, options);
    world.Run(std::chrono::seconds(4));
    EXPECT_NE(world.server().state(), admin::ServerState::kLive);
    world.Run(std::chrono::seconds(2));
    EXPECT_EQ(world.server().state(), admin::ServerState::kLive);
  }
  World world(kKeeping, options);
  ControlPlane control(world);
  control.Send(schema::kClusterTypeUrl, "new", "");
  world.Run(std::chrono::seconds(10));
  EXPECT_EQ(world.Stat("listener_manager.listener_added"), 0);
}

TEST(UpdateScenario, AGenerationThatWaitsForSomethingDoesNotReplaceTheFile) {
  Streamed streamed(kKeeping);
  World& world = streamed.world;
  world.Run(std::chrono::seconds(2));
  const std::string before = *world.files().Read(kFile, 1 << 20);
  streamed.control.Send(schema::kClusterTypeUrl, "c2", Cluster("one") + Cluster("two"));
  world.Run(std::chrono::seconds(2));
  EXPECT_EQ(*world.files().Read(kFile, 1 << 20), before);
  streamed.control.Send(schema::kClusterLoadAssignmentTypeUrl, "e2",
                        Endpoints("one", "10.0.0.1") + Endpoints("two", "10.0.0.2"));
  world.Run(std::chrono::seconds(2));
  EXPECT_THAT(*world.files().Read(kFile, 1 << 20), HasSubstr("two"));
}

TEST(UpdateScenario, AFileThatCannotBeWrittenDisturbsNothing) {
  WorldOptions options;
  Streamed streamed(kKeeping, options);
  streamed.world.files().SetError(kFile, absl::PermissionDeniedError("no"));
  Upstream& one = streamed.world.AddUpstream("10.0.0.1:80");
  one.AnswerAll(kOk);
  streamed.world.Run(std::chrono::seconds(2));
  EXPECT_TRUE(Serves(streamed.world));
  streamed.world.files().SetError(kFile, absl::OkStatus());
  EXPECT_FALSE(streamed.world.files().Exists(kFile));
  // The next change is written.
  streamed.control.Send(schema::kRouteConfigurationTypeUrl, "r2", Routes("two"));
  streamed.world.Run(std::chrono::seconds(2));
  EXPECT_TRUE(streamed.world.files().Exists(kFile));
}

TEST(UpdateScenario, KeepingAGenerationNeedsAPathAndAStream) {
  World no_path(Bootstrap("last_good: {}"));
  EXPECT_THAT(std::string(no_path.status().message()),
              HasSubstr("bootstrap_extensions[0].typed_config.last_good.path"));
  World unknown(Bootstrap("transactionally: true"));
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("transactional"));
}

}  // namespace
}  // namespace weir::scenario
