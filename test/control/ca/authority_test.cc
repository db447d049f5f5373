// The authority: its directory, what it signs, the rotation of its root, tokens and identities.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "source/control/ca/authority_directory.h"
#include "source/control/ca/identity_rules.h"
#include "source/control/ca/token.h"
#include "source/x509/mac.h"
#include "source/x509/spiffe.h"
#include "source/x509/trust_store.h"
#include "test/fakes/fake_files.h"
#include "test/fakes/sim_loop.h"

namespace weir::control::ca {
namespace {

using ::testing::HasSubstr;

class AuthorityTest : public testing::Test {
 protected:
  WallTime Now() const { return loop_.WallNow(); }
  Authority Load() {
    auto authority = directory_.Load();
    EXPECT_TRUE(authority.ok()) << authority.status();
    return *std::move(authority);
  }
  Issued Issue(const Authority& authority, const std::string& path) {
    auto issued = authority.Issue({.path = path,
                                   .dns_names = {"a.demo"},
                                   .ips = {"10.0.0.1", "::1"},
                                   .not_before = Now(),
                                   .not_after = Now() + std::chrono::hours(1)});
    EXPECT_TRUE(issued.ok()) << issued.status();
    return *std::move(issued);
  }

  fakes::SimLoop loop_;
  fakes::FakeFiles files_{loop_};
  const AuthorityDirectory directory_{files_, "ca"};
};

TEST_F(AuthorityTest, WhatItSignsLeadsToItsRootAndSaysWhoItIs) {
  ASSERT_TRUE(directory_.Init("mesh.example", Now()).ok());
  const Authority authority = Load();
  EXPECT_EQ(authority.trust_domain(), "mesh.example");
  const Issued issued = Issue(authority, "/demo/a");
  const auto chain = x509::ParseCertificates(issued.chain_pem);
  ASSERT_TRUE(chain.ok());
  ASSERT_EQ(chain->size(), 2u);
  const x509::Certificate& leaf = chain->front();
  const auto id = x509::SpiffeIdOf(leaf);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->trust_domain, "mesh.example");
  EXPECT_EQ(id->path, "/demo/a");
  EXPECT_EQ(leaf.SubjectAltNames().size(), 4u);
  EXPECT_EQ(leaf.Serial(), issued.serial);
  EXPECT_EQ(leaf.key_kind(), x509::KeyKind::kEcdsa);
  const auto key = x509::PrivateKey::Parse(issued.key_pem.view());
  ASSERT_TRUE(key.ok());
  EXPECT_TRUE(key->Matches(leaf));
  const auto trust = x509::TrustStore::Create(authority.bundle_pem(), "", {});
  ASSERT_TRUE(trust.ok());
  for (const auto peer : {x509::TrustStore::Peer::kServer, x509::TrustStore::Peer::kClient}) {
    EXPECT_TRUE(trust->Verify(*chain, peer, Now()).ok());
    EXPECT_FALSE(trust->Verify(*chain, peer, Now() + std::chrono::hours(2)).ok());
    EXPECT_FALSE(trust->Verify(std::span(*chain).first(1), peer, Now()).ok());
  }
  EXPECT_EQ(*authority.PathOf(issued.chain_pem, Now()), "/demo/a");
  EXPECT_NE(Issue(authority, "/demo/a").serial, issued.serial);
}

TEST_F(AuthorityTest, OfAnotherAuthorityNothingIsTaken) {
  ASSERT_TRUE(directory_.Init("mesh.example", Now()).ok());
  const AuthorityDirectory other(files_, "other");
  ASSERT_TRUE(other.Init("mesh.example", Now()).ok());
  const Issued foreign = Issue(*other.Load(), "/demo/a");
  EXPECT_FALSE(Load().PathOf(foreign.chain_pem, Now()).ok());
  EXPECT_FALSE(Load().PathOf("", Now()).ok());
  EXPECT_FALSE(Load().PathOf(Load().bundle_pem(), Now()).ok()) << "a root is nobody's identity";
}

TEST_F(AuthorityTest, NothingIsOverwritten) {
  ASSERT_TRUE(directory_.Init("mesh.example", Now()).ok());
  const std::string before = *files_.Read("ca/root.key", 1 << 20);
  const absl::Status again = directory_.Init("mesh.example", Now());
  EXPECT_TRUE(absl::IsAlreadyExists(again)) << again;
  EXPECT_EQ(*files_.Read("ca/root.key", 1 << 20), before);
  EXPECT_FALSE(AuthorityDirectory(files_, "x").Init("Not A Domain", Now()).ok());
}

TEST_F(AuthorityTest, FilesThatDoNotBelongTogetherAreNoAuthority) {
  ASSERT_TRUE(directory_.Init("mesh.example", Now()).ok());
  files_.Write("ca/issuer.key", *files_.Read("ca/root.key", 1 << 20));
  EXPECT_THAT(std::string(directory_.Load().status().message()),
              HasSubstr("ca: the issuer's key does not belong to its certificate"));
  files_.Remove("ca/bundle.pem");
  EXPECT_FALSE(directory_.Load().ok());
}

// At no moment is a certificate in use that somebody does not trust.
TEST_F(AuthorityTest, TheRootIsReplacedInThreeSteps) {
  using Rotation = AuthorityDirectory::Rotation;
  ASSERT_TRUE(directory_.Init("mesh.example", Now()).ok());
  EXPECT_EQ(*directory_.RotationState(), Rotation::kNone);
  EXPECT_FALSE(directory_.Switch().ok());
  EXPECT_FALSE(directory_.End().ok());
  const Authority before = Load();
  const std::string old = Issue(before, "/demo/a").chain_pem;

  ASSERT_TRUE(directory_.Begin(Now()).ok());
  EXPECT_EQ(*directory_.RotationState(), Rotation::kBegun);
  EXPECT_THAT(std::string(directory_.Begin(Now()).message()), HasSubstr("`switch`"));
  const Authority both = Load();
  EXPECT_EQ(both.fingerprint(), before.fingerprint()) << "the old one signs";
  EXPECT_THAT(both.bundle_pem(), HasSubstr(before.bundle_pem()));
  EXPECT_TRUE(before.PathOf(Issue(both, "/demo/a").chain_pem, Now()).ok());

  ASSERT_TRUE(directory_.Switch().ok());
  EXPECT_EQ(*directory_.RotationState(), Rotation::kSwitched);
  const Authority switched = Load();
  EXPECT_NE(switched.fingerprint(), before.fingerprint());
  EXPECT_TRUE(switched.PathOf(old, Now()).ok()) << "the old root is still trusted";
  const std::string fresh = Issue(switched, "/demo/a").chain_pem;
  EXPECT_TRUE(both.PathOf(fresh, Now()).ok()) << "trusted by those who know both";
  EXPECT_FALSE(before.PathOf(fresh, Now()).ok());

  ASSERT_TRUE(directory_.End().ok());
  EXPECT_EQ(*directory_.RotationState(), Rotation::kNone);
  EXPECT_FALSE(Load().PathOf(old, Now()).ok());
  EXPECT_TRUE(Load().PathOf(fresh, Now()).ok());
  EXPECT_TRUE(directory_.Begin(Now()).ok()) << "and once more";
}

TEST_F(AuthorityTest, ALeafDoesNotOutliveItsIssuer) {
  ASSERT_TRUE(directory_.Init("mesh.example", Now()).ok());
  const Authority authority = Load();
  const auto far = authority.Issue(
      {.path = "/a", .not_before = Now(), .not_after = Now() + std::chrono::hours(24 * 4000)});
  ASSERT_TRUE(far.ok());
  EXPECT_EQ(far->not_after, authority.issuer().NotAfter());
  const auto late = Now() + std::chrono::hours(24 * 366);
  EXPECT_FALSE(
      authority.Issue({.path = "/a", .not_before = late, .not_after = late + std::chrono::hours(1)})
          .ok());
}

TEST(Token, StandsForItsIdentityUntilItsEnd) {
  const WallTime now(std::chrono::seconds(1'700'000'000));
  const std::string token = MakeToken("/demo/a", now + std::chrono::seconds(10), "nonce", "key");
  EXPECT_EQ(*CheckToken(token, "key", now), "/demo/a");
  EXPECT_EQ(EndOfToken(token) - now, std::chrono::seconds(10));
  EXPECT_EQ(*CheckToken(token, "key", now + std::chrono::seconds(9)), "/demo/a");
  const auto error = [&](std::string_view text, std::string_view key, WallTime at) {
    const auto path = CheckToken(text, key, at);
    EXPECT_FALSE(path.ok());
    EXPECT_EQ(std::string(path.status().message()).find(text.substr(0, 12)), std::string::npos);
    return std::string(path.status().message());
  };
  EXPECT_EQ(error(token, "key", now + std::chrono::seconds(10)), "the token has ended");
  EXPECT_EQ(error(token, "other", now), "the token was not made by this authority");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(CheckToken(changed, "key", now).ok()) << changed;
    EXPECT_FALSE(CheckToken(token.substr(0, i), "key", now).ok());
  }
  EXPECT_FALSE(CheckToken(token + "A", "key", now).ok());
  EXPECT_FALSE(CheckToken(std::string(kMaxTokenBytes + 1, 'a'), "key", now).ok());
}

TEST(Token, IsTakenWithoutANonce) {
  const WallTime now(std::chrono::seconds(1'700'000'000));
  const std::string_view older =
      "weir1.L2RlbW8vYQ.1800000000.lowG7jFG5xV684U17x9IEBrGmo2PzidEJSKF7r-XiKw";
  EXPECT_EQ(*CheckToken(older, "the key", now), "/demo/a");
  EXPECT_EQ(EndOfToken(older), WallTime(std::chrono::seconds(1'800'000'000)));
}

// RFC 4231, case 2, and RFC 4648, 10, without padding.
TEST(Mac, KnownAnswers) {
  const std::string mac = x509::HmacSha256("Jefe", "what do ya want for nothing?");
  EXPECT_EQ(x509::ToBase64Url(mac), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM");
  const std::pair<std::string_view, std::string_view> table[] = {
      {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"\xfb\xff", "-_8"}};
  for (const auto& [bytes, text] : table) {
    EXPECT_EQ(x509::ToBase64Url(bytes), text);
    EXPECT_EQ(x509::FromBase64Url(text), bytes);
  }
  for (const char* text : {"Z", "Zh", "Zg==", "Z g", "Zm9", "+/8"}) {
    EXPECT_EQ(x509::FromBase64Url(text), std::nullopt) << text;
  }
}

TEST(IdentityRules, SayWhichNodeMayHaveWhichIdentity) {
  schema::Diagnostics diagnostics;
  const IdentityRules rules = IdentityRules::Parse("i.yaml", R"yaml(
identities:
- { path: /demo/a, nodes: [a, "a-*"] }
- { path: /demo/a, nodes: ["z"], cluster: other, lifetime: 60s }
- { path: /demo/b, nodes: ["*"], dns_names: [b.demo] }
)yaml",
                                                   diagnostics);
  ASSERT_FALSE(diagnostics.has_errors()) << diagnostics.ToString();
  const std::tuple<std::string_view, std::string_view, std::string_view, bool> table[] = {
      {"/demo/a", "a", "", true},      {"/demo/a", "a-1", "x", true}, {"/demo/a", "ab", "", false},
      {"/demo/a", "z", "other", true}, {"/demo/a", "z", "", false},   {"/demo/b", "any", "", true},
      {"/demo/c", "any", "", false},   {"", "a", "", false}};
  for (const auto& [path, id, cluster, found] : table) {
    const engine::Node node{.id = std::string(id), .cluster = std::string(cluster)};
    EXPECT_EQ(rules.Find(path, node).ok(), found) << path << " " << id;
  }
}

TEST(IdentityRules, AMistakeIsToldWithItsPlace) {
  const std::tuple<std::string_view, std::string_view, std::string_view> table[] = {
      {"path: demo, nodes: [a]", "i.yaml:2:", "is no path of an identity"},
      {"path: /weir/admin, nodes: [a]", "i.yaml:2:", "the control plane's own"},
      {"path: /a", "i.yaml:2:", "no node may have"},
      {"path: /a, nodes: [\"*a\"]", "i.yaml:2:", "the beginning of one"},
      {"path: /a, nodes: [a], lifetime: 59s", "i.yaml:2:", "at least 60s"},
      {"path: /a, nodes: [a], lifetme: 60s", "i.yaml:2:", "lifetime"},
  };
  for (const auto& [fields, place, message] : table) {
    schema::Diagnostics diagnostics;
    const IdentityRules rules =
        IdentityRules::Parse("i.yaml", StrCat("identities:\n- {", fields, "}\n"), diagnostics);
    EXPECT_TRUE(diagnostics.has_errors()) << fields;
    EXPECT_EQ(rules.size(), 0u);
    EXPECT_THAT(diagnostics.ToString(), HasSubstr(std::string(place)));
    EXPECT_THAT(diagnostics.ToString(), HasSubstr(std::string(message)));
  }
}

}  // namespace
}  // namespace weir::control::ca
