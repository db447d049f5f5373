// TLS contexts whose secrets come from the bootstrap's certificate_provider_instances.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/tls_parts.h"

namespace weir::scenario {
namespace {

using testing::ElementsAre;
using testing::StartsWith;

constexpr char kFromFiles[] =
    "certificate_provider_instances:\n"
    "  default: { name: file_watcher, typed_config: { \"@type\": "
    "type.googleapis.com/weir.config.v1.FileWatcher, certificate_file: /certs/chain, "
    "private_key_file: /certs/key, ca_certificate_file: /certs/ca, refresh_interval: 60s } }\n";
constexpr char kFromAds[] =
    "certificate_provider_instances:\n"
    "  default: { name: sds, typed_config: { \"@type\": "
    "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig, name: other, "
    "sds_config: { "
    "ads: {} } } }\n";
constexpr char kByInstance[] =
    "tls_certificate_provider_instance: { instance_name: default, certificate_name: edge }";

std::map<std::string, std::string> Files(const std::string& common_name) {
  const Identity identity = Root().Issue({.common_name = common_name, .dns = {"a.example"}});
  return {{"/certs/chain", identity.chain_pem},
          {"/certs/key", identity.key_pem},
          {"/certs/ca", Root().pem()}};
}

// A proxy with that certificate, and what its clients see.
class Provided {
 public:
  explicit Provided(const std::string& more, std::map<std::string, std::string> files = {},
                    const std::string& common = kByInstance)
      : world(
            EdgeBootstrap({.chain_options = Socket("Downstream", common), .more_resources = more}),
            {.files = std::move(files)}) {
    EXPECT_TRUE(world.status().ok()) << world.status();
    world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  }
  void Write(const std::string& common_name) {
    for (const auto& [path, bytes] : Files(common_name)) world.files().Write(path, bytes);
    world.Run();
  }
  std::string Subject() { return SubjectServed(world); }

  World world;
};

TEST(CertificateProviderScenario, FilesAreServedAndFollowed) {
  Provided proxy(kFromFiles, Files("first"));
  EXPECT_EQ(proxy.Subject(), "CN=first,O=Weir");
  TlsClient before(proxy.world, {});
  Peer& stays = before.Connect();
  proxy.Write("second");
  EXPECT_EQ(proxy.Subject(), "CN=second,O=Weir");
  proxy.world.Say(stays, kGet);
  EXPECT_THAT(stays.received(), StartsWith("HTTP/1.1 200 OK\r\n")) << "an old connection lives on";
  EXPECT_EQ(proxy.world.Stat("sds.file_watcher/default/certificate.update_rejected"), 0);
}

TEST(CertificateProviderScenario, FilesThatAreNotThereYetAreLookedForAgain) {
  Provided proxy(kFromFiles);
  Peer& early = proxy.world.Connect();
  proxy.world.Say(early, kGet);
  EXPECT_EQ(early.received(), "") << "never without TLS";
  proxy.Write("late");
  proxy.world.Run(std::chrono::seconds(61));
  EXPECT_EQ(proxy.Subject(), "CN=late,O=Weir");
}

TEST(CertificateProviderScenario, FilesAreReadAgainAtTheInterval) {
  Provided proxy(kFromFiles, Files("first"));
  const auto reads = [&] {
    return proxy.world.Stat("sds.file_watcher/default/certificate.update_success");
  };
  const int64_t before = reads();
  proxy.world.Run(std::chrono::seconds(121));
  EXPECT_EQ(reads(), before + 2);
}

TEST(CertificateProviderScenario, FilesVerifyClients) {
  Provided proxy(kFromFiles, Files("first"),
                 StrCat(kByInstance,
                        ", validation_context: { ca_certificate_provider_instance: { "
                        "instance_name: default } }"));
  const x509::Authority other("Other");
  const Identity good = Root().Issue({}), bad = other.Issue({});
  const auto served = [&](const Identity& identity) {
    TlsClient client(proxy.world, {.identity = &identity});
    Peer& peer = client.Connect();
    proxy.world.Say(peer, kGet);
    return peer.received().starts_with("HTTP/1.1 200");
  };
  EXPECT_TRUE(served(good));
  EXPECT_FALSE(served(bad));
  proxy.world.files().Write("/certs/ca", Root().pem() + other.pem());
  proxy.world.Run();
  EXPECT_TRUE(served(bad));
}

TEST(CertificateProviderScenario, SecretsOfTheControlPlaneAreAskedForByTheirNames) {
  Provided proxy(StrCat(kAds, kFromAds));
  ControlPlane control(proxy.world);
  EXPECT_THAT(control.Asked(kSecrets), ElementsAre("edge"));
  control.Send(kSecrets, "1", SecretYaml("edge", Named("first")));
  EXPECT_EQ(control.AnswerTo("1"), "");
  EXPECT_EQ(proxy.Subject(), "CN=first,O=Weir");
  control.Send(kSecrets, "2", SecretYaml("edge", Named("second")));
  EXPECT_EQ(proxy.Subject(), "CN=second,O=Weir");
}

// What nobody uses any more is let go of, its files too, and comes back with the next user.
TEST(CertificateProviderScenario, AnInstanceIsReadWhileItIsUsed) {
  const std::string text = StrCat(kDynamicBootstrap, kFromFiles);
  World world(text, {.files = Files("first")});
  ASSERT_TRUE(world.status().ok()) << world.status();
  ControlPlane control(world);
  const size_t watches = world.files().watches();
  const std::string with = StrCat(
      "- { \"@type\": ", schema::kClusterTypeUrl,
      ", name: a, type: STATIC, load_assignment: { cluster_name: a }, ",
      Socket(
          "Upstream",
          "validation_context: { ca_certificate_provider_instance: { instance_name: default } }"),
      " }\n");
  for (const char* version : {"1", "3"}) {
    control.Send(schema::kClusterTypeUrl, version, with);
    EXPECT_EQ(control.AnswerTo(version), "");
    EXPECT_EQ(world.files().watches(), watches + 1);
    control.Send(schema::kClusterTypeUrl, StrCat(version, "gone"), "");
    world.Run();
    EXPECT_EQ(world.files().watches(), watches);
  }
}

}  // namespace
}  // namespace weir::scenario
