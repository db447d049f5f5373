// Who gets an OCSP response, as a table over policies and responses, and in handshakes.

#include "source/tls/ocsp_stapling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/tls/identity_index.h"
#include "test/tls/raw_client.h"
#include "test/tls/tls_bench.h"
#include "test/x509/authority.h"

namespace weir::tls {
namespace {

using config::OcspPolicy;
using testing::HasSubstr;

const x509::Authority& Root() {
  static const auto* const root = new x509::Authority("Root");
  return *root;
}

constexpr int64_t kEnded = 1609459200;  // 2021, before the simulated loop's time

enum class Response { kNone, kCurrent, kEnded };

config::TlsCertificate Stapled(Response response, x509::CertificateRequest request = {}) {
  request.dns = {"a.example"};
  const x509::Identity issued = Root().Issue(request);
  config::TlsCertificate certificate = CertificateOf(issued);
  if (response == Response::kCurrent) certificate.ocsp_staple = Root().Ocsp(issued);
  if (response == Response::kEnded) {
    certificate.ocsp_staple = Root().Ocsp(issued, {.next_update = kEnded});
  }
  return certificate;
}

TEST(OcspStaplingTest, Table) {
  struct Case {
    OcspPolicy policy;
    bool must_staple;
    Response response;
    StapleAction action;
  };
  const event::SystemTime now{std::chrono::seconds(kEnded + 1)};
  for (const Case& c : {
           Case{OcspPolicy::kLenient, false, Response::kNone, StapleAction::kOmit},
           {OcspPolicy::kLenient, false, Response::kEnded, StapleAction::kOmit},
           {OcspPolicy::kLenient, false, Response::kCurrent, StapleAction::kStaple},
           {OcspPolicy::kStrict, false, Response::kNone, StapleAction::kOmit},
           {OcspPolicy::kStrict, false, Response::kEnded, StapleAction::kRefuse},
           {OcspPolicy::kStrict, false, Response::kCurrent, StapleAction::kStaple},
           {OcspPolicy::kMustStaple, false, Response::kNone, StapleAction::kRefuse},
           {OcspPolicy::kMustStaple, false, Response::kEnded, StapleAction::kRefuse},
           {OcspPolicy::kMustStaple, false, Response::kCurrent, StapleAction::kStaple},
           {OcspPolicy::kLenient, true, Response::kEnded, StapleAction::kRefuse},
           {OcspPolicy::kStrict, true, Response::kNone, StapleAction::kRefuse},
           {OcspPolicy::kLenient, true, Response::kCurrent, StapleAction::kStaple},
       }) {
    const auto identity = Identity::Create(Stapled(c.response, {.must_staple = c.must_staple}));
    ASSERT_TRUE(identity.ok()) << identity.status();
    const StapleRules rules{c.policy, now};
    EXPECT_EQ(rules.ActionFor(**identity, true), c.action)
        << static_cast<int>(c.policy) << c.must_staple << static_cast<int>(c.response);
    EXPECT_EQ(rules.ActionFor(**identity, false), StapleAction::kNotAsked);
  }
}

TEST(OcspStaplingTest, AnotherCertificateOfTheNameIsShownBeforeOneThatIsRefused) {
  const std::vector<IdentityIndex::Shared> identities = {
      *Identity::Create(Stapled(Response::kEnded, {.common_name = "ended"})),
      *Identity::Create(
          Stapled(Response::kCurrent, {.common_name = "rsa", .key = x509::TestKey::kRsa2048})),
  };
  const IdentityIndex index(identities, false);
  ClientAbilities client{.ecdsa = true, .curves = {23}, .wants_staple = true};
  const StapleRules rules{OcspPolicy::kStrict, event::SystemTime{std::chrono::seconds(kEnded + 1)}};
  EXPECT_EQ(index.Choose("a.example", client, rules).facts()->subject, "CN=rsa,O=Weir");
  client.wants_staple = false;
  EXPECT_EQ(index.Choose("a.example", client, rules).facts()->subject, "CN=ended,O=Weir");
}

// --- In handshakes

config::DownstreamTls Server(OcspPolicy policy, Response response) {
  config::DownstreamTls tls;
  tls.common.certificates = {Stapled(response)};
  tls.ocsp_policy = policy;
  return tls;
}
config::UpstreamTls Client() {
  config::UpstreamTls tls;
  tls.common.validation.trusted_ca_pem = Root().pem();
  tls.sni = "a.example";
  return tls;
}

// A handshake of a client that asks for a response, and what it got.
struct Asked {
  explicit Asked(TlsBench& bench) : client(bench) {
    SSL_enable_ocsp_stapling(client.ssl());
    connected = client.Connect();
    const uint8_t* data = nullptr;
    size_t size = 0;
    SSL_get0_ocsp_response(client.ssl(), &data, &size);
    response.assign(reinterpret_cast<const char*>(data), size);
  }
  RawClient client;
  bool connected = false;
  std::string response;
};

TEST(OcspStaplingTest, ACurrentResponseIsSentAndCounted) {
  const config::DownstreamTls server = Server(OcspPolicy::kMustStaple, Response::kCurrent);
  TlsBench bench(server, Client());
  const Asked asked(bench);
  EXPECT_TRUE(asked.connected);
  EXPECT_EQ(asked.response, server.common.certificates[0]->ocsp_staple);
  EXPECT_EQ(bench.server_stats().ocsp_staple_requests.value(), 1u);
  EXPECT_EQ(bench.server_stats().ocsp_staple_responses.value(), 1u);
}

TEST(OcspStaplingTest, AnEndedResponseIsLeftOutByTheLenientPolicyAndRefusedByTheStrictOne) {
  TlsBench bench(Server(OcspPolicy::kLenient, Response::kEnded), Client());
  const Asked lenient(bench);
  EXPECT_TRUE(lenient.connected);
  EXPECT_EQ(lenient.response, "");
  EXPECT_EQ(bench.server_stats().ocsp_staple_omitted.value(), 1u);

  bench.SetServer(Server(OcspPolicy::kStrict, Response::kEnded));
  const Asked strict(bench);
  EXPECT_FALSE(strict.connected);
  EXPECT_EQ(bench.server_stats().ocsp_staple_failed.value(), 1u);
  EXPECT_EQ(bench.server_stats().ocsp_staple_requests.value(), 2u);
}

TEST(OcspStaplingTest, AClientThatDoesNotAskIsServedWithoutOne) {
  TlsBench bench(Server(OcspPolicy::kMustStaple, Response::kEnded), Client());
  bench.Connect();
  ASSERT_TRUE(bench.connected()) << bench.server().failure;
  EXPECT_EQ(bench.server_stats().ocsp_staple_requests.value(), 0u);
}

TEST(OcspStaplingTest, WhatMustBeStapledHasAResponseFromTheStart) {
  config::DownstreamTls server = Server(OcspPolicy::kMustStaple, Response::kNone);
  EXPECT_THAT(ServerContext::Create(server).status().ToString(),
              HasSubstr("certificate 1: it has no ocsp_staple, which ocsp_staple_policy"));
  server.ocsp_policy = OcspPolicy::kStrict;
  EXPECT_TRUE(ServerContext::Create(server).ok());
  server.common.certificates = {Stapled(Response::kNone, {.must_staple = true})};
  EXPECT_THAT(ServerContext::Create(server).status().ToString(), HasSubstr("must-staple"));
  server.common.certificates = {Stapled(Response::kEnded, {.must_staple = true})};
  EXPECT_TRUE(ServerContext::Create(server).ok());
}

}  // namespace
}  // namespace weir::tls
