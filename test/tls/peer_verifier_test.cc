// What is demanded of a peer's certificate: names of every type, hashes, chains; alone and
// together.

#include <gtest/gtest.h>

#include <algorithm>

#include "source/tls/peer_verifier.h"
#include "test/x509/authority.h"

namespace weir::tls {
namespace {

using config::CertificateValidation;
using config::SanMatcher;
using match::StringMatcher;
using Fault = PeerVerifier::Fault;
using Type = SanMatcher::Type;

constexpr event::SystemTime kNow{std::chrono::seconds(1704067200)};

SanMatcher Matcher(Type type, StringMatcher::Kind kind, const std::string& value) {
  return {.type = type, .matcher = StringMatcher(kind, value, false)};
}
SanMatcher ExactDns(const std::string& value) {
  return {.type = Type::kDns,
          .matcher = StringMatcher(StringMatcher::Kind::kExact, value, false),
          .exact_dns = value};
}

class PeerVerifierTest : public testing::Test {
 protected:
  Fault Verify(const CertificateValidation& validation,
               const std::optional<std::string>& server_name = std::nullopt) {
    const auto verifier = PeerVerifier::Create(validation, PeerVerifier::Peer::kServer);
    EXPECT_TRUE(verifier.ok()) << verifier.status();
    return (*verifier)->Verify(chain_, server_name, kNow).fault;
  }

  const x509::Authority root_{"Root"};
  const std::string with_nul_{"good.example\0.evil", 18};
  const std::vector<x509::Certificate> chain_ =
      *x509::ParseCertificates(root_
                                   .Issue({.dns = {"a.example", "*.wild.example", with_nul_},
                                           .uris = {"spiffe://d/ns/a"},
                                           .emails = {"me@a.example"},
                                           .ips = {"10.0.0.1", "fd00::1"},
                                           .other_name_oid = "1.2.3.4",
                                           .other_name = "other"})
                                   .chain_pem);
};

TEST_F(PeerVerifierTest, NamesOfEveryType) {
  using Kind = StringMatcher::Kind;
  SanMatcher other = Matcher(Type::kOtherName, Kind::kExact, "other");
  other.oid = "1.2.3.4";
  SanMatcher wrong_oid = other;
  wrong_oid.oid = "1.2.3.5";
  const SanMatcher regex{.type = Type::kUri,
                         .matcher = StringMatcher(*match::Regex::Create("spiffe://d/ns/[a-c]"))};
  struct Case {
    SanMatcher matcher;
    bool matches;
  };
  for (const Case& c : {Case{ExactDns("a.example"), true},
                        {ExactDns("A.EXAMPLE"), true},
                        {ExactDns("x.wild.example"), true},
                        {ExactDns("x.y.wild.example"), false},
                        {ExactDns("good.example"), false},
                        {Matcher(Type::kDns, Kind::kPrefix, "good"), false},
                        {Matcher(Type::kDns, Kind::kSuffix, ".evil"), false},
                        {Matcher(Type::kDns, Kind::kSuffix, ".example"), true},
                        {Matcher(Type::kUri, Kind::kExact, "spiffe://d/ns/a"), true},
                        {Matcher(Type::kUri, Kind::kPrefix, "spiffe://d/"), true},
                        {Matcher(Type::kUri, Kind::kPrefix, "spiffe://e/"), false},
                        {Matcher(Type::kUri, Kind::kContains, "/ns/"), true},
                        {Matcher(Type::kDns, Kind::kPrefix, "spiffe"), false},
                        {regex, true},
                        {Matcher(Type::kEmail, Kind::kSuffix, "@a.example"), true},
                        {Matcher(Type::kIpAddress, Kind::kExact, "10.0.0.1"), true},
                        {Matcher(Type::kIpAddress, Kind::kExact, "fd00::1"), true},
                        {Matcher(Type::kIpAddress, Kind::kExact, "10.0.0.2"), false},
                        {other, true},
                        {wrong_oid, false}}) {
    EXPECT_EQ(Verify({.san_matchers = {c.matcher}}) == Fault::kNone, c.matches)
        << c.matcher.matcher.ToString();
  }
  EXPECT_EQ(Verify({.san_matchers = {ExactDns("no.example"), regex}}), Fault::kNone);
}

TEST_F(PeerVerifierTest, HashesOfCertificateAndKey) {
  config::Sha256 key{}, certificate{};
  const std::string spki = chain_[0].SpkiSha256();
  std::copy(spki.begin(), spki.end(), key.begin());
  const std::string hex = chain_[0].Sha256Fingerprint();
  for (size_t i = 0; i < certificate.size(); ++i) {
    certificate[i] = static_cast<uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  }
  const config::Sha256 wrong{1, 2, 3};
  EXPECT_EQ(Verify({.spki_hashes = {wrong, key}}), Fault::kNone);
  EXPECT_EQ(Verify({.certificate_hashes = {wrong, certificate}}), Fault::kNone);
  EXPECT_EQ(Verify({.certificate_hashes = {wrong}, .spki_hashes = {key}}), Fault::kNone);
  EXPECT_EQ(Verify({.certificate_hashes = {wrong}, .spki_hashes = {wrong}}), Fault::kHash);
  EXPECT_EQ(Verify({.certificate_hashes = {key}}), Fault::kHash);
}

TEST_F(PeerVerifierTest, EachDemandMustHold) {
  const x509::Authority other("Other");
  const config::Sha256 wrong{};
  EXPECT_EQ(Verify({.trusted_ca_pem = root_.pem(), .san_matchers = {ExactDns("a.example")}}),
            Fault::kNone);
  EXPECT_EQ(Verify({.trusted_ca_pem = other.pem(), .san_matchers = {ExactDns("a.example")}}),
            Fault::kChain);
  EXPECT_EQ(Verify({.trusted_ca_pem = other.pem(), .accept_untrusted = true}), Fault::kNone);
  EXPECT_EQ(Verify({.trusted_ca_pem = other.pem(),
                    .san_matchers = {ExactDns("b.example")},
                    .accept_untrusted = true}),
            Fault::kName);
  EXPECT_EQ(Verify({.trusted_ca_pem = root_.pem(),
                    .san_matchers = {ExactDns("a.example")},
                    .spki_hashes = {wrong}}),
            Fault::kHash);
}

TEST_F(PeerVerifierTest, AServerNameMustBeCovered) {
  EXPECT_EQ(Verify({}, "a.example"), Fault::kNone);
  EXPECT_EQ(Verify({}, "x.wild.example"), Fault::kNone);
  EXPECT_EQ(Verify({}, "10.0.0.1"), Fault::kNone);
  EXPECT_EQ(Verify({}, "b.example"), Fault::kName);
  EXPECT_EQ(Verify({}, "good.example"), Fault::kName);
  EXPECT_EQ(Verify({}, ""), Fault::kName);
}

// --- SPIFFE

class SpiffeVerifierTest : public testing::Test {
 protected:
  // "" when it is taken, else the reason.
  std::string Verify(const x509::Authority& issuer, const x509::CertificateRequest& request,
                     CertificateValidation validation = {}) {
    validation.spiffe = {{.domain = "one.example", .path = "one.pem", .bundle_pem = one_.pem()},
                         {.domain = "two.example", .path = "two.pem", .bundle_pem = two_.pem()}};
    const auto verifier = PeerVerifier::Create(validation, PeerVerifier::Peer::kClient);
    EXPECT_TRUE(verifier.ok()) << verifier.status();
    const auto chain = *x509::ParseCertificates(issuer.Issue(request).chain_pem);
    return (*verifier)->Verify(chain, std::nullopt, kNow).reason;
  }

  const x509::Authority one_{"One"}, two_{"Two"};
};

TEST_F(SpiffeVerifierTest, EachDomainIsVerifiedByItsOwnAnchorsAlone) {
  EXPECT_EQ(Verify(one_, {.uris = {"spiffe://one.example/a"}}), "");
  EXPECT_EQ(Verify(two_, {.uris = {"spiffe://two.example/a"}}), "");
  EXPECT_NE(Verify(one_, {.uris = {"spiffe://two.example/a"}}), "");
  EXPECT_NE(Verify(two_, {.uris = {"spiffe://one.example/a"}}), "");
  EXPECT_EQ(Verify(one_, {.uris = {"spiffe://other.example/a"}}),
            "there is no bundle for trust domain \"other.example\"");
}

TEST_F(SpiffeVerifierTest, WhoIsNoWorkloadIsRefused) {
  const std::string none = "the certificate is none of a SPIFFE workload";
  EXPECT_EQ(Verify(one_, {.dns = {"one.example"}}), none);
  EXPECT_EQ(Verify(one_, {.uris = {"https://one.example/a"}}), none);
  EXPECT_EQ(Verify(one_, {.uris = {"spiffe://one.example/a", "spiffe://one.example/b"}}), none);
  EXPECT_EQ(Verify(one_, {.uris = {"spiffe://one.example/a"}, .is_authority = true}), none);
}

TEST_F(SpiffeVerifierTest, NamesAndEndsAreLookedAtAsWell) {
  const SanMatcher a = Matcher(Type::kUri, StringMatcher::Kind::kExact, "spiffe://one.example/a");
  EXPECT_EQ(Verify(one_, {.uris = {"spiffe://one.example/a"}}, {.san_matchers = {a}}), "");
  EXPECT_EQ(Verify(one_, {.uris = {"spiffe://one.example/b"}}, {.san_matchers = {a}}),
            "no name of the certificate matches");
  const x509::CertificateRequest ended{.uris = {"spiffe://one.example/a"}, .not_after = 1600000000};
  EXPECT_NE(Verify(one_, ended), "");
  EXPECT_EQ(Verify(one_, ended, {.allow_expired_certificate = true}), "");
}

TEST_F(SpiffeVerifierTest, AuthoritiesOfAllDomainsAreShown) {
  const auto verifier = *PeerVerifier::Create(
      {.spiffe = {{.domain = "one.example", .path = "one.pem", .bundle_pem = one_.pem()},
                  {.domain = "two.example", .path = "two.pem", .bundle_pem = two_.pem()}}},
      PeerVerifier::Peer::kClient);
  EXPECT_EQ(verifier->anchors().size(), 2u);
  ASSERT_EQ(verifier->Authorities().size(), 2u);
  EXPECT_EQ(verifier->Authorities()[1].path, "two.pem");
  EXPECT_TRUE(verifier->first_end().has_value());
}

}  // namespace
}  // namespace weir::tls
