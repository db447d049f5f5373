// Resources of one name from several origins: each user has the one from where it asks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/resources.h"
#include "test/scenario/tls_parts.h"

namespace weir::scenario {
namespace {

using testing::EndsWith;

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

// The first source of `text` that says `ads` says `path`.
std::string FromFile(const std::string& text, const std::string& path) {
  return Replaced(text, "ads: {}", "path_config_source: { path: " + path + " }");
}

std::string FileOf(const std::string& resources) { return "resources:\n" + resources; }

// A world with the clusters "one" and "two", whose upstreams answer with their names.
struct TwoClusters {
  explicit TwoClusters(std::map<std::string, std::string> files)
      : world(kDynamicBootstrap, {.files = std::move(files)}), control(world) {
    world.AddUpstream("10.0.0.1:80").AnswerAll("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none");
    world.AddUpstream("10.0.0.2:80").AnswerAll("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo");
    control.Send(schema::kClusterTypeUrl, "c1", Cluster("one") + Cluster("two"));
    control.Send(schema::kClusterLoadAssignmentTypeUrl, "e1",
                 Endpoints("one", "10.0.0.1") + Endpoints("two", "10.0.0.2"));
  }

  std::string Get(int port) {
    Peer& client = world.Connect(StrCat("10.0.0.100:", port));
    world.Say(client, kGet);
    return client.received();
  }

  World world;
  ControlPlane control;
};

TEST(OriginScenario, RoutesOfOneNameFromTwoFilesAndTheControlPlane) {
  TwoClusters two({{"/a.yaml", FileOf(Routes("one"))}, {"/b.yaml", FileOf(Routes("two"))}});
  two.control.Send(schema::kListenerTypeUrl, "l1",
                   FromFile(Listener("a", 81), "/a.yaml") + FromFile(Listener("b", 82), "/b.yaml") +
                       Listener("c", 83));
  two.control.Send(schema::kRouteConfigurationTypeUrl, "r1", Routes("one"));
  EXPECT_THAT(two.Get(81), EndsWith("one"));
  EXPECT_THAT(two.Get(82), EndsWith("two"));
  EXPECT_THAT(two.Get(83), EndsWith("one"));
  two.world.files().Write("/a.yaml", FileOf(Routes("two")));
  two.world.Run();
  two.control.Send(schema::kRouteConfigurationTypeUrl, "r2", Routes("two"));
  EXPECT_THAT(two.Get(81), EndsWith("two"));
  EXPECT_THAT(two.Get(83), EndsWith("two"));
}

TEST(OriginScenario, EndpointsOfOneNameFromAFileAndTheControlPlane) {
  TwoClusters two({{"/e.yaml", FileOf(Endpoints("one", "10.0.0.2"))},
                   {"/a.yaml", FileOf(Routes("one"))},
                   {"/b.yaml", FileOf(Routes("two"))}});
  two.control.Send(schema::kClusterTypeUrl, "c2",
                   Cluster("one") + Replaced(FromFile(Cluster("two"), "/e.yaml"), "{ eds_config",
                                             "{ service_name: one, eds_config"));
  two.control.Send(schema::kListenerTypeUrl, "l1",
                   FromFile(Listener("a", 81), "/a.yaml") + FromFile(Listener("b", 82), "/b.yaml"));
  EXPECT_THAT(two.Get(81), EndsWith("one"));
  EXPECT_THAT(two.Get(82), EndsWith("two"));
}

TEST(OriginScenario, SecretsOfOneNameFromAFileAndTheControlPlane) {
  const auto named = [](const std::string& name) {
    return SecretYaml(
        "edge",
        "tls_certificate: " + CertificateYaml(Root().Issue({.common_name = name, .dns = {name}})));
  };
  World world(EdgeBootstrap({.chain_options =
                                 Socket("Downstream",
                                        "tls_certificate_sds_secret_configs: ["
                                        "{ name: edge, sds_config: { ads: {} } }, "
                                        "{ name: edge, sds_config: { path_config_source: { path: "
                                        "/s.yaml } } }]"),
                             .more_resources = kAds}),
              {.files = {{"/s.yaml", FileOf(named("b.example"))}}});
  ControlPlane control(world);
  control.Send(kSecrets, "1", named("a.example"));
  EXPECT_EQ(control.AnswerTo("1"), "");
  for (const std::string name : {"a.example", "b.example"}) {
    TlsClient client(world, {.sni = name});
    world.Say(client.Connect(), kGet);
    EXPECT_EQ(client.server_subject(), StrCat("CN=", name, ",O=Weir"));
  }
}

TEST(OriginScenario, AFileThatNobodyUsesIsLetGo) {
  TwoClusters two({{"/a.yaml", FileOf(Routes("one"))}});
  const size_t watches = two.world.files().watches();
  two.control.Send(schema::kListenerTypeUrl, "l1", FromFile(Listener("a", 81), "/a.yaml"));
  EXPECT_THAT(two.Get(81), EndsWith("one"));
  EXPECT_EQ(two.world.files().watches(), watches + 1);
  EXPECT_EQ(two.world.Stat("http.edge.rds.routes.update_success"), 1);
  two.control.Send(schema::kListenerTypeUrl, "l2", "");
  two.world.Run();
  EXPECT_EQ(two.world.files().watches(), watches);
  EXPECT_EQ(two.world.Stat("http.edge.rds.routes.update_success"), 0);
  two.world.files().Write("/a.yaml", FileOf(Routes("two")));
  two.control.Send(schema::kListenerTypeUrl, "l3", FromFile(Listener("a", 81), "/a.yaml"));
  two.world.Run();
  EXPECT_THAT(two.Get(81), EndsWith("two"));
}

}  // namespace
}  // namespace weir::scenario
