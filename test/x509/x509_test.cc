// Certificates, keys, trust and SPIFFE ids: what they say, what is refused and with which words.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/status.h"
#include "source/x509/certificate.h"
#include "source/x509/private_key.h"
#include "source/x509/spiffe.h"
#include "source/x509/trust_store.h"
#include "test/x509/authority.h"

namespace weir::x509 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = SubjectAltName::Kind;

std::chrono::system_clock::time_point At(int64_t seconds) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}
constexpr int64_t k2024 = 1704067200;

std::vector<Certificate> Chain(const Identity& identity) {
  return *ParseCertificates(identity.chain_pem);
}

TEST(CertificateTest, SaysWhatStandsInIt) {
  const Authority root("Root");
  const Identity identity = root.Issue({.common_name = "web",
                                        .dns = {"web.example", "*.web.example"},
                                        .uris = {"spiffe://example/web"},
                                        .emails = {"a@web.example"},
                                        .ips = {"10.1.2.3", "::1"},
                                        .other_name_oid = "1.3.6.1.4.1.311.20.2.3",
                                        .other_name = "web@corp"});
  const Certificate leaf = Chain(identity)[0];
  EXPECT_EQ(leaf.Subject(), "CN=web,O=Weir");
  EXPECT_EQ(leaf.Issuer(), "CN=Root,O=Weir");
  EXPECT_EQ(leaf.CommonName(), "web");
  EXPECT_EQ(leaf.Serial().size(), 4u);
  EXPECT_EQ(leaf.NotBefore(), At(1577836800));
  EXPECT_EQ(leaf.NotAfter(), At(2208988800));
  EXPECT_EQ(leaf.Sha256Fingerprint().size(), 64u);
  EXPECT_EQ(leaf.Sha1Fingerprint().size(), 40u);
  EXPECT_EQ(leaf.SpkiSha256().size(), 32u);
  EXPECT_EQ(leaf.key_kind(), KeyKind::kEcdsa);
  EXPECT_EQ(leaf.CurveId(), 23);
  EXPECT_FALSE(leaf.MustStaple());
  EXPECT_THAT(
      leaf.SubjectAltNames(),
      ElementsAre(SubjectAltName{Kind::kDns, "web.example", ""},
                  SubjectAltName{Kind::kDns, "*.web.example", ""},
                  SubjectAltName{Kind::kUri, "spiffe://example/web", ""},
                  SubjectAltName{Kind::kEmail, "a@web.example", ""},
                  SubjectAltName{Kind::kIp, "10.1.2.3", ""}, SubjectAltName{Kind::kIp, "::1", ""},
                  SubjectAltName{Kind::kOther, "web@corp", "1.3.6.1.4.1.311.20.2.3"}));
  EXPECT_EQ(Certificate::FromDer(leaf.Der())->Sha256Fingerprint(), leaf.Sha256Fingerprint());
  EXPECT_EQ(leaf.Pem(), identity.chain_pem);
}

TEST(CertificateTest, ANulInANameStaysInIt) {
  const Authority root("Root");
  const std::string name("good.example\0.evil", 18);
  const Certificate leaf = Chain(root.Issue({.dns = {name}}))[0];
  EXPECT_EQ(leaf.SubjectAltNames()[0].value, name);
}

TEST(CertificateTest, MustStapleIsSeen) {
  const Authority root("Root");
  EXPECT_TRUE(Chain(root.Issue({.must_staple = true}))[0].MustStaple());
}

TEST(CertificateTest, ChainsComeInOrderAndTextAroundThemIsSkipped) {
  const Authority root("Root");
  const Authority middle("Middle", root);
  const Identity identity = middle.Issue({});
  const auto chain = ParseCertificates("subject=x\n" + identity.chain_pem + "\nthe end\n");
  ASSERT_TRUE(chain.ok()) << chain.status();
  ASSERT_EQ(chain->size(), 2u);
  EXPECT_EQ((*chain)[0].CommonName(), "leaf");
  EXPECT_EQ((*chain)[1].CommonName(), "Middle");
}

TEST(CertificateTest, ErrorsSayWhichOneIsBroken) {
  const Authority root("Root");
  const std::string good = root.pem();
  std::string broken = good;
  broken[60] = '!';
  EXPECT_THAT(MessageOf(ParseCertificates(good + broken).status()),
              HasSubstr("certificate 2 of the PEM text is broken"));
  EXPECT_EQ(MessageOf(ParseCertificates("").status()),
            "there is no PEM block \"CERTIFICATE\" in it");
  EXPECT_THAT(MessageOf(Certificate::FromDer("xyz").status()), HasSubstr("are no certificate"));
  const std::string der = Chain(root.Issue({}))[0].Der();
  EXPECT_THAT(MessageOf(Certificate::FromDer(der + "x").status()), HasSubstr("bytes after"));
}

TEST(PrivateKeyTest, EveryKindMatchesItsCertificateAlone) {
  const Authority root("Root");
  const Identity other = root.Issue({});
  for (const auto& [key, kind] : {std::pair{TestKey::kP256, KeyKind::kEcdsa},
                                  {TestKey::kP384, KeyKind::kEcdsa},
                                  {TestKey::kP521, KeyKind::kEcdsa},
                                  {TestKey::kRsa2048, KeyKind::kRsa},
                                  {TestKey::kEd25519, KeyKind::kEd25519}}) {
    const Identity identity = root.Issue({.key = key});
    const auto parsed = PrivateKey::Parse(identity.key_pem);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->kind(), kind);
    EXPECT_EQ(Chain(identity)[0].key_kind(), kind);
    EXPECT_TRUE(parsed->Matches(Chain(identity)[0]));
    EXPECT_FALSE(parsed->Matches(Chain(other)[0]));
  }
}

TEST(PrivateKeyTest, PasswordsAndWhatIsRefused) {
  const Authority root("Root");
  const Identity identity = root.Issue({});
  const std::string encrypted = EncryptKey(identity.key_pem, "sesame");
  EXPECT_TRUE(PrivateKey::Parse(encrypted, "sesame").ok());
  EXPECT_EQ(MessageOf(PrivateKey::Parse(encrypted).status()),
            "the key is encrypted and no password is given");
  EXPECT_EQ(MessageOf(PrivateKey::Parse(encrypted, "open").status()),
            "the password does not open the key");
  EXPECT_EQ(MessageOf(PrivateKey::Parse(identity.chain_pem).status()),
            "there is no PEM block \"PRIVATE KEY\" in it");
  EXPECT_EQ(MessageOf(PrivateKey::Parse(root.Issue({.key = TestKey::kRsa1024}).key_pem).status()),
            "an RSA key needs at least 2048 bits, this has 1024");
  std::string broken = identity.key_pem;
  broken.replace(40, 8, "AAAAAAAA");
  const auto status = PrivateKey::Parse(broken).status();
  EXPECT_THAT(MessageOf(status), HasSubstr("the PEM text is no private key: "));
  EXPECT_THAT(MessageOf(status), testing::Not(HasSubstr(identity.key_pem.substr(60, 16))));
}

struct TrustCase {
  std::string name;
  TrustOptions options;
  std::string trusted, crl;
  Identity identity;
  TrustStore::Peer peer;
  std::string error;  // "": verified.
};

class TrustStoreTest : public testing::Test {
 protected:
  static constexpr auto kServer = TrustStore::Peer::kServer;
  static constexpr auto kClient = TrustStore::Peer::kClient;

  static void ExpectAll(const std::vector<TrustCase>& cases) {
    for (const TrustCase& c : cases) {
      SCOPED_TRACE(c.name);
      const auto trust = TrustStore::Create(c.trusted, c.crl, c.options);
      ASSERT_TRUE(trust.ok()) << trust.status();
      const absl::Status status = trust->Verify(Chain(c.identity), c.peer, At(k2024));
      EXPECT_EQ(MessageOf(status), c.error);
    }
  }

  const Authority root_{"Root"};
  const Authority other_{"Other"};
  const Authority middle_{"Middle", root_};
  const Identity leaf_ = middle_.Issue({});
  const Identity direct_ = root_.Issue({});
};

TEST_F(TrustStoreTest, Chains) {
  Identity alone = leaf_;
  alone.chain_pem = Chain(leaf_)[0].Pem();
  constexpr char kNoIssuer[] = "unable to get local issuer certificate";
  ExpectAll({
      {"direct", {}, root_.pem(), "", direct_, kServer, ""},
      {"through an intermediate", {}, root_.pem(), "", leaf_, kClient, ""},
      {"one of two anchors", {}, other_.pem() + root_.pem(), "", leaf_, kServer, ""},
      {"an intermediate as anchor", {}, middle_.pem(), "", alone, kServer, ""},
      {"the leaf as anchor", {}, direct_.chain_pem, "", direct_, kServer, ""},
      {"another authority", {}, other_.pem(), "", direct_, kServer, kNoIssuer},
      {"missing intermediate", {}, root_.pem(), "", alone, kServer, kNoIssuer},
      {"too deep", {.max_depth = 1}, root_.pem(), "", leaf_, kServer, kNoIssuer},
      {"deep enough", {.max_depth = 2}, root_.pem(), "", leaf_, kServer, ""},
  });
}

TEST_F(TrustStoreTest, TimesAndPurposes) {
  const Identity expired = root_.Issue({.not_after = 1609459200});
  const Identity future = root_.Issue({.not_before = 1900000000});
  const Identity server_only = root_.Issue({.extended_key_usage = "serverAuth"});
  const Identity client_only = root_.Issue({.extended_key_usage = "clientAuth"});
  const TrustOptions any_time{.allow_expired = true};
  constexpr char kPurpose[] = "unsupported certificate purpose";
  ExpectAll({
      {"expired", {}, root_.pem(), "", expired, kServer, "certificate has expired"},
      {"not valid yet", {}, root_.pem(), "", future, kServer, "certificate is not yet valid"},
      {"expired, allowed", any_time, root_.pem(), "", expired, kServer, ""},
      {"not valid yet, allowed", any_time, root_.pem(), "", future, kServer, ""},
      {"expired, allowed, another authority", any_time, other_.pem(), "", expired, kServer,
       "unable to get local issuer certificate"},
      {"a server's from a client", {}, root_.pem(), "", server_only, kClient, kPurpose},
      {"a client's from a server", {}, root_.pem(), "", client_only, kServer, kPurpose},
  });
}

TEST_F(TrustStoreTest, Revocation) {
  const std::string none = root_.Crl({}) + middle_.Crl({});
  const TrustOptions leaf_alone{.leaf_crl_only = true};
  ExpectAll({
      {"not revoked", {}, root_.pem(), none, leaf_, kServer, ""},
      {"revoked",
       {},
       root_.pem(),
       root_.Crl({}) + middle_.Crl({leaf_}),
       leaf_,
       kServer,
       "certificate revoked"},
      {"a list is missing",
       {},
       root_.pem(),
       middle_.Crl({}),
       leaf_,
       kServer,
       "unable to get certificate CRL"},
      {"the leaf's list alone", leaf_alone, root_.pem(), middle_.Crl({}), leaf_, kServer, ""},
      {"revoked, the leaf's list alone", leaf_alone, root_.pem(), middle_.Crl({leaf_}), leaf_,
       kServer, "certificate revoked"},
      {"the list has expired",
       {},
       root_.pem(),
       root_.Crl({}) + middle_.Crl({}, true),
       leaf_,
       kServer,
       "CRL has expired"},
  });
}

TEST_F(TrustStoreTest, BrokenInputIsNamed) {
  const Authority& root = root_;
  EXPECT_THAT(MessageOf(TrustStore::Create("x", "", {}).status()), HasSubstr("CERTIFICATE"));
  EXPECT_THAT(MessageOf(TrustStore::Create(root.pem(), "x", {}).status()), HasSubstr("X509 CRL"));
  std::string broken = root.Crl({});
  broken[40] = '!';
  EXPECT_THAT(MessageOf(TrustStore::Create(root.pem(), root.Crl({}) + broken, {}).status()),
              HasSubstr("CRL 2 of the PEM text is broken"));
  EXPECT_EQ(TrustStore::Create(root.pem(), "", {})
                ->Verify({}, TrustStore::Peer::kClient, At(k2024))
                .message(),
            "the peer sent no certificate");
}

TEST(DnsNameTest, WildcardsCoverOneLabel) {
  struct Case {
    std::string_view pattern, host;
    bool covers;
  };
  for (const Case& c : {Case{"a.example", "a.example", true},
                        {"A.Example", "a.eXample", true},
                        {"*.example.com", "a.example.com", true},
                        {"*.example.com", "a.b.example.com", false},
                        {"*.example.com", "example.com", false},
                        {"*.example.com", ".example.com", false},
                        {"*.com", "example.com", false},
                        {"a*.example.com", "ab.example.com", false},
                        {"*.*.com", "a.b.com", false},
                        {"", "", false},
                        {"a.example", "b.example", false}}) {
    EXPECT_EQ(DnsNameCovers(c.pattern, c.host), c.covers) << c.pattern << " " << c.host;
  }
}

TEST(SpiffeTest, Table) {
  EXPECT_EQ(ParseSpiffeId("spiffe://example.org/ns/a"), (SpiffeId{"example.org", "/ns/a"}));
  EXPECT_EQ(ParseSpiffeId("spiffe://example.org"), (SpiffeId{"example.org", ""}));
  for (std::string_view bad :
       {"", "https://example.org/a", "spiffe://", "spiffe:///a", "spiffe://Example.org/a",
        "spiffe://example.org/", "spiffe://example.org/a//b", "spiffe://example.org/a/../b",
        "spiffe://example.org/./b", "spiffe://example.org:80/a", "spiffe://u@example.org/a",
        "spiffe://example.org/a?q", "spiffe://example.org/a%20b"}) {
    EXPECT_EQ(ParseSpiffeId(bad), std::nullopt) << bad;
  }
  EXPECT_TRUE(ParseSpiffeId("spiffe://d/" + std::string(2048 - 11, 'a')).has_value());
  EXPECT_FALSE(ParseSpiffeId("spiffe://d/" + std::string(2048 - 10, 'a')).has_value());
}

TEST(SpiffeTest, AWorkloadHasOneUriName) {
  const Authority root("Root");
  EXPECT_EQ(SpiffeIdOf(Chain(root.Issue({.uris = {"spiffe://d/a"}}))[0]), (SpiffeId{"d", "/a"}));
  EXPECT_EQ(SpiffeIdOf(Chain(root.Issue({.uris = {"spiffe://d/a", "spiffe://d/b"}}))[0]),
            std::nullopt);
  EXPECT_EQ(SpiffeIdOf(Chain(root.Issue({.dns = {"a"}}))[0]), std::nullopt);
}

}  // namespace
}  // namespace weir::x509
