// The certificate of the control plane's own server, in virtual time.
#include "source/control/mesh_files.h"

#include <gtest/gtest.h>

#include "test/fakes/fake_files.h"
#include "test/fakes/sim_loop.h"

namespace weir::control {
namespace {

class MeshFilesTest : public testing::Test {
 protected:
  MeshFilesTest() {
    EXPECT_TRUE(directory_.Init("mesh.example", loop_.WallNow()).ok());
    files_.Write("identities.yaml", "identities: [{path: /a, nodes: [a]}]");
  }
  std::string Read(const std::string& path) { return *files_.Read(path, 1 << 20); }
  x509::Certificate Served() { return x509::ParseCertificates(Read("ca/server.pem"))->front(); }

  fakes::SimLoop loop_;
  fakes::FakeFiles files_{loop_};
  const ca::AuthorityDirectory directory_{files_, "ca"};
  MeshFiles mesh_{loop_, files_, {"ca", "identities.yaml", {"control.example", "10.0.0.7"}}};
};

TEST_F(MeshFilesTest, TheServersCertificateIsReplacedInTimeForTheSameKey) {
  ASSERT_TRUE(mesh_.Open().ok());
  std::string names;
  for (const x509::SubjectAltName& name : Served().SubjectAltNames()) names += name.value + " ";
  EXPECT_EQ(names,
            "spiffe://mesh.example/weir/control localhost weir-control control.example 127.0.0.1 "
            "::1 10.0.0.7 ");
  const std::string key = Read("ca/server.key");
  std::string serial = Served().Serial();
  for (int day = 0; day < 5; ++day) {
    loop_.RunFor(std::chrono::hours(17));
    EXPECT_GT(Served().NotAfter(), loop_.WallNow() + std::chrono::hours(7));
    EXPECT_NE(Served().Serial(), serial);
    serial = Served().Serial();
  }
  EXPECT_EQ(Read("ca/server.key"), key);
}

TEST_F(MeshFilesTest, ADiskThatIsFullIsTriedAgain) {
  ASSERT_TRUE(mesh_.Open().ok());
  const std::string serial = Served().Serial();
  files_.SetError("ca/server.pem", absl::ResourceExhaustedError("no space"));
  loop_.RunFor(std::chrono::hours(17));
  files_.SetError("ca/server.pem", absl::OkStatus());
  EXPECT_EQ(Served().Serial(), serial);
  loop_.RunFor(std::chrono::minutes(1));
  EXPECT_NE(Served().Serial(), serial);
}

TEST_F(MeshFilesTest, WhatIsBrokenChangesNothing) {
  ASSERT_TRUE(mesh_.Open().ok());
  int told = 0;
  ASSERT_TRUE(mesh_
                  .Watch({.authority = [&](const ca::Authority&) { ++told; },
                          .identities = [&](const ca::IdentityRules&) { ++told; },
                          .revoked_tokens = [&](const HashSet&) { ++told; }})
                  .ok());
  files_.Write("identities.yaml", "identities: [{path: a}]");
  files_.Write("ca/issuer.pem", "nonsense");
  loop_.RunFor(std::chrono::seconds(1));
  EXPECT_EQ(told, 0);
  EXPECT_EQ(mesh_.identities().size(), 1u);
  files_.Write("identities.yaml", "identities: [{path: /a, nodes: [a]}, {path: /b, nodes: [b]}]");
  loop_.RunFor(std::chrono::seconds(1));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(mesh_.identities().size(), 2u);
}

TEST_F(MeshFilesTest, RevokedTokensAreFollowed) {
  ca::TokenList tokens;
  tokens.Add({"aaaaaaaaaaaaaaaa", loop_.WallNow() + std::chrono::hours(1), "/a", true});
  ASSERT_TRUE(directory_.SaveTokens(tokens).ok());
  ASSERT_TRUE(mesh_.Open().ok());
  EXPECT_EQ(mesh_.revoked_tokens(), HashSet({"aaaaaaaaaaaaaaaa"}));
  std::vector<HashSet> told;
  ASSERT_TRUE(mesh_
                  .Watch({.authority = [](const ca::Authority&) {},
                          .identities = [](const ca::IdentityRules&) {},
                          .revoked_tokens = [&](const HashSet& ids) { told.push_back(ids); }})
                  .ok());
  tokens.Add({"bbbbbbbbbbbbbbbb", loop_.WallNow() + std::chrono::hours(1), "/a"});
  ASSERT_TRUE(directory_.SaveTokens(tokens).ok());
  loop_.RunFor(std::chrono::seconds(1));
  EXPECT_EQ(told.size(), 0u) << "one that was made changes nothing";
  tokens.Revoke("bbbbbbbbbbbbbbbb");
  ASSERT_TRUE(directory_.SaveTokens(tokens).ok());
  loop_.RunFor(std::chrono::seconds(1));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0], HashSet({"aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"}));
  files_.Write("ca/tokens", "nonsense");
  loop_.RunFor(std::chrono::seconds(1));
  EXPECT_EQ(told.size(), 1u) << "those that were revoked stay so";
}

TEST_F(MeshFilesTest, ANewIssuerSignsTheServersCertificateAtOnce) {
  ASSERT_TRUE(mesh_.Open().ok());
  int told = 0;
  ASSERT_TRUE(mesh_
                  .Watch({.authority = [&](const ca::Authority&) { ++told; },
                          .identities = [](const ca::IdentityRules&) {},
                          .revoked_tokens = [](const HashSet&) {}})
                  .ok());
  const std::string issuer = Served().Issuer();
  ASSERT_TRUE(directory_.Begin(loop_.WallNow()).ok());
  loop_.RunFor(std::chrono::seconds(1));
  EXPECT_EQ(Served().Issuer(), issuer);
  ASSERT_TRUE(directory_.Switch().ok());
  loop_.RunFor(std::chrono::seconds(1));
  EXPECT_NE(Served().Issuer(), issuer);
  EXPECT_EQ(told, 2);
}

TEST_F(MeshFilesTest, OpeningSaysWhichFileIsWrong) {
  files_.Write("identities.yaml", "identities: [{path: a}]");
  const std::string message(mesh_.Open().message());
  EXPECT_NE(message.find("identities.yaml:1:"), std::string::npos) << message;
}

}  // namespace
}  // namespace weir::control
