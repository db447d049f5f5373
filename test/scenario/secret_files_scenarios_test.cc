// Streamed secrets whose certificates lie in files: what becomes of them when the files change.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/scenario/bootstraps.h"
#include "test/scenario/control_plane.h"
#include "test/scenario/tls_parts.h"

namespace weir::scenario {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A proxy whose certificate is the secret "edge", which names files in /certs.
class SecretFiles {
 public:
  explicit SecretFiles(const std::string& more = "")
      : world(
            EdgeBootstrap({.chain_options = Socket("Downstream", kBySds), .more_resources = kAds}),
            {.files = {{"/moves/any", ""}}}),
        control(world) {
    world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
    Write("first");
    control.Send(kSecrets, "1",
                 SecretYaml("edge",
                            "tls_certificate: { certificate_chain: { filename: /certs/chain }, "
                            "private_key: { filename: /certs/key }" +
                                more + " }"));
    EXPECT_EQ(control.AnswerTo("1"), "");
  }

  void Write(const std::string& common_name) {
    const Identity identity = Root().Issue({.common_name = common_name, .dns = {"a.example"}});
    world.files().Write("/certs/chain", identity.chain_pem);
    world.files().Write("/certs/key", identity.key_pem);
    world.Run();
  }
  std::string Subject() { return SubjectServed(world); }

  World world;
  ControlPlane control;
};

TEST(SecretFilesScenario, NewFilesAreServedWithoutWordFromTheControlPlane) {
  SecretFiles files;
  EXPECT_EQ(files.Subject(), "CN=first,O=Weir");
  TlsClient before(files.world, {});
  Peer& stays = before.Connect();
  files.Write("second");
  EXPECT_EQ(files.Subject(), "CN=second,O=Weir");
  files.Write("third");
  EXPECT_EQ(files.Subject(), "CN=third,O=Weir");
  files.world.Say(stays, kGet);
  EXPECT_THAT(stays.received(), StartsWith("HTTP/1.1 200 OK\r\n")) << "an old connection lives on";
}

TEST(SecretFilesScenario, FilesThatDoNotFitLeaveTheLastGoodOnesInForce) {
  SecretFiles files;
  files.world.files().Write("/certs/chain", "nonsense");
  files.world.Run();
  EXPECT_EQ(files.Subject(), "CN=first,O=Weir");
  files.world.files().Remove("/certs/key");
  files.world.Run();
  EXPECT_EQ(files.Subject(), "CN=first,O=Weir");
  files.Write("mended");
  EXPECT_EQ(files.Subject(), "CN=mended,O=Weir");
}

TEST(SecretFilesScenario, AFileMaySayItselfWhichDirectoryIsWatched) {
  SecretFiles files;
  const std::string watched = ", watched_directory: { path: /moves } }";
  files.control.Send(
      kSecrets, "2",
      SecretYaml("edge", StrCat("tls_certificate: { certificate_chain: { filename: "
                                "/certs/chain",
                                watched, ", private_key: { filename: /certs/key", watched, " }")));
  EXPECT_EQ(files.control.AnswerTo("2"), "");
  files.Write("second");
  EXPECT_EQ(files.Subject(), "CN=first,O=Weir");
  files.world.files().Write("/moves/any", "moved");
  files.world.Run();
  EXPECT_EQ(files.Subject(), "CN=second,O=Weir");
}

TEST(SecretFilesScenario, WithAWatchedDirectoryItsMovesAloneCount) {
  SecretFiles files(", watched_directory: { path: /moves }");
  files.Write("second");
  EXPECT_EQ(files.Subject(), "CN=first,O=Weir");
  files.world.files().Write("/moves/any", "moved");
  files.world.Run();
  EXPECT_EQ(files.Subject(), "CN=second,O=Weir");
}

TEST(SecretFilesScenario, ANewVersionOfTheSecretEndsTheWatchesOfTheOldOne) {
  SecretFiles files;
  const size_t watches = files.world.files().watches();
  files.control.Send(kSecrets, "2", SecretYaml("edge", Named("inline")));
  EXPECT_EQ(files.control.AnswerTo("2"), "");
  EXPECT_EQ(files.world.files().watches(), watches - 2);
  files.Write("second");
  EXPECT_EQ(files.Subject(), "CN=inline,O=Weir");
}

TEST(SecretFilesScenario, ADirectoryThatIsNotThereRefusesTheSecret) {
  SecretFiles files;
  files.control.Send(
      kSecrets, "2",
      SecretYaml("edge",
                 "tls_certificate: { certificate_chain: { filename: /certs/chain }, private_key: { "
                 "filename: /certs/key }, watched_directory: { path: /nowhere } }"));
  EXPECT_THAT(files.control.AnswerTo("2"), HasSubstr("cannot be watched: /nowhere"));
  files.Write("second");
  EXPECT_EQ(files.Subject(), "CN=second,O=Weir") << "the version before is in force, and watched";
}

TEST(SecretFilesScenario, TrustIsReadAgainToo) {
  const x509::Authority next("Next");
  const Identity client = next.Issue({.common_name = "client"});
  World world(EdgeBootstrap(
      {.chain_options =
           Socket("Downstream",
                  "tls_certificates: [" + CertificateYaml(Root().Issue({.dns = {"a.example"}})) +
                      "], validation_context_sds_secret_config: { name: trust, "
                      "sds_config: { ads: {} } }",
                  ", require_client_certificate: true"),
       .more_resources = kAds}));
  world.AddUpstream("10.0.0.1:80").AnswerAll(kOk);
  ControlPlane control(world);
  world.files().Write("/certs/ca", Root().pem());
  control.Send(kSecrets, "1",
               SecretYaml("trust", "validation_context: { trusted_ca: { filename: /certs/ca } }"));
  EXPECT_EQ(control.AnswerTo("1"), "");
  const auto served = [&] {
    TlsClient with(world, {.identity = &client});
    Peer& peer = with.Connect();
    world.Say(peer, kGet);
    return peer.received().starts_with("HTTP/1.1 200");
  };
  EXPECT_FALSE(served());
  world.files().Write("/certs/ca", Root().pem() + next.pem());
  world.Run();
  EXPECT_TRUE(served());
}

}  // namespace
}  // namespace weir::scenario
