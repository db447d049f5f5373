// Certificates of nodes as their streams see them, in virtual time: given, renewed, rotated.
#include "source/control/ca/workload_identities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "envoy/extensions/transport_sockets/tls/v3/secret.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "source/base/strings.h"
#include "source/control/ca/authority_directory.h"
#include "source/control/engine/engine.h"
#include "test/fakes/fake_files.h"
#include "test/fakes/sim_loop.h"

namespace weir::control::ca {
namespace {

namespace discovery = ::envoy::service::discovery::v3;
using envoy::extensions::transport_sockets::tls::v3::Secret;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

IdentityRules Rules(const std::string& fields) {
  schema::Diagnostics diagnostics;
  IdentityRules rules =
      IdentityRules::Parse("i.yaml", StrCat("identities: [", fields, "]"), diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.ToString();
  return rules;
}

class WorkloadIdentitiesTest : public testing::Test {
 protected:
  WorkloadIdentitiesTest() {
    EXPECT_TRUE(directory_.Init("mesh.example", loop_.WallNow()).ok());
    identities_.emplace(loop_, event::Random(1), *directory_.Load());
    identities_->SetRules(Rules("{path: /demo/a, nodes: [\"a-*\"]}"));
    engine_.emplace(&*identities_);
  }

  // A stream of delta that asks for both secrets.
  uint64_t Connect(const std::string& identity, const std::string& node) {
    engine::StreamOptions options;
    options.variant = engine::Variant::kDelta;
    options.identity = identity;
    const uint64_t stream = engine_->Open(options, "peer", loop_.Now());
    discovery::DeltaDiscoveryRequest request;
    request.mutable_node()->set_id(node);
    request.set_type_url(std::string(engine::kSecretType));
    request.add_resource_names_subscribe("default");
    request.add_resource_names_subscribe("ROOTCA");
    Send(stream, request);
    return stream;
  }

  void Send(uint64_t stream, const discovery::DeltaDiscoveryRequest& request) {
    std::vector<engine::Outgoing> out;
    engine_->OnRequest(stream, request.SerializeAsString(), loop_.Now(), out);
    Take(out);
  }

  // What comes is noted and accepted.
  void Take(const std::vector<engine::Outgoing>& out) {
    for (const engine::Outgoing& one : out) {
      if (!one.close.ok()) {
        closed_[one.stream] = std::string(one.close.message());
        continue;
      }
      discovery::DeltaDiscoveryResponse response;
      ASSERT_TRUE(response.ParseFromString(*one.bytes.body + one.bytes.tail));
      for (const discovery::Resource& resource : response.resources()) {
        Secret secret;
        ASSERT_TRUE(resource.resource().UnpackTo(&secret));
        held_[one.stream][secret.name()] =
            secret.has_tls_certificate()
                ? secret.tls_certificate().certificate_chain().inline_string()
                : secret.validation_context().trusted_ca().inline_string();
        changes_.push_back(StrCat(one.stream, " ", secret.name()));
      }
      discovery::DeltaDiscoveryRequest accept;
      accept.set_type_url(std::string(engine::kSecretType));
      accept.set_response_nonce(response.nonce());
      Send(one.stream, accept);
    }
  }

  void Refresh() {
    std::vector<engine::Outgoing> out;
    engine_->RefreshViews(loop_.Now(), out);
    Take(out);
  }

  void RunFor(event::Duration duration) {
    const event::MonotonicTime end = loop_.Now() + duration;
    for (;;) {
      const std::optional<engine::Time> next = engine_->NextDeadline();
      if (!next || *next > end) break;
      loop_.RunUntil(*next);
      std::vector<engine::Outgoing> out;
      engine_->OnTimer(loop_.Now(), out);
      Take(out);
    }
    loop_.RunUntil(end);
  }

  WallTime EndOf(uint64_t stream) {
    return x509::ParseCertificates(held_[stream]["default"])->front().NotAfter();
  }

  fakes::SimLoop loop_;
  fakes::FakeFiles files_{loop_};
  const AuthorityDirectory directory_{files_, "ca"};
  std::optional<WorkloadIdentities> identities_;
  std::optional<engine::Engine> engine_;
  std::map<uint64_t, std::map<std::string, std::string>> held_;
  std::map<uint64_t, std::string> closed_;
  std::vector<std::string> changes_;
};

TEST_F(WorkloadIdentitiesTest, ANodeGetsItsCertificateAndWhatToTrust) {
  const uint64_t one = Connect("/demo/a", "a-1");
  EXPECT_EQ(*directory_.Load()->PathOf(held_[one]["default"], loop_.WallNow()), "/demo/a");
  EXPECT_EQ(held_[one]["ROOTCA"], directory_.Load()->bundle_pem());
  // Another stream of the node has the same, another node one of its own.
  const uint64_t again = Connect("/demo/a", "a-1");
  const uint64_t other = Connect("/demo/a", "a-2");
  EXPECT_EQ(held_[one], held_[again]);
  EXPECT_NE(held_[one]["default"], held_[other]["default"]);
  EXPECT_EQ(identities_->issued(), 2u);
}

TEST_F(WorkloadIdentitiesTest, ANodeIsNobodyElse) {
  EXPECT_THAT(closed_[Connect("/demo/a", "b-1")], HasSubstr("is not for node \"b-1\""));
  EXPECT_THAT(closed_[Connect("/demo/b", "a-1")], HasSubstr("there is no identity /demo/b"));
  EXPECT_THAT(closed_[Connect("", "a-1")], HasSubstr("there is no identity"));
  EXPECT_EQ(identities_->issued(), 0u);
  EXPECT_EQ(engine_->stream_count(), 0u);
}

TEST_F(WorkloadIdentitiesTest, ACertificateIsReplacedAfterTwoThirdsOfItsLife) {
  const uint64_t stream = Connect("/demo/a", "a-1");
  const std::string first = held_[stream]["default"];
  changes_.clear();
  RunFor(std::chrono::minutes(24 * 60 * 62 / 100));
  EXPECT_THAT(changes_, IsEmpty());
  RunFor(std::chrono::minutes(24 * 60 * 10 / 100 + 5));
  EXPECT_THAT(changes_, ElementsAre(StrCat(stream, " default")));
  EXPECT_NE(held_[stream]["default"], first);
  // And so on, without a gap, on the stream that is open.
  for (int hour = 0; hour < 24 * 10; ++hour) {
    RunFor(std::chrono::hours(1));
    EXPECT_GT(EndOf(stream), loop_.WallNow() + std::chrono::hours(6));
  }
  EXPECT_THAT(closed_, IsEmpty());
  EXPECT_LE(identities_->issued(), 18u);
}

TEST_F(WorkloadIdentitiesTest, NodesThatCameAtOnceDoNotRenewAtOnce) {
  for (int i = 0; i < 50; ++i) Connect("/demo/a", StrCat("a-", i));
  std::map<uint64_t, int> by_hour;
  for (uint64_t minute = 0; minute < 24 * 60; ++minute) {
    changes_.clear();
    RunFor(std::chrono::minutes(1));
    by_hour[minute / 30] += static_cast<int>(changes_.size());
  }
  int all = 0;
  for (const auto& [half_hour, count] : by_hour) {
    EXPECT_LT(count, 25) << half_hour;
    all += count;
  }
  EXPECT_EQ(all, 50);
}

TEST_F(WorkloadIdentitiesTest, ARotationOfTheRootReachesOpenStreams) {
  const uint64_t stream = Connect("/demo/a", "a-1");
  const std::string first = held_[stream]["default"];
  changes_.clear();
  ASSERT_TRUE(directory_.Begin(loop_.WallNow()).ok());
  identities_->SetAuthority(*directory_.Load());
  Refresh();
  EXPECT_THAT(changes_, ElementsAre(StrCat(stream, " ROOTCA")));
  EXPECT_EQ(held_[stream]["ROOTCA"], directory_.Load()->bundle_pem());
  ASSERT_TRUE(directory_.Switch().ok());
  identities_->SetAuthority(*directory_.Load());
  Refresh();
  EXPECT_THAT(changes_, ElementsAre(StrCat(stream, " ROOTCA"), StrCat(stream, " default")));
  EXPECT_NE(held_[stream]["default"], first);
  ASSERT_TRUE(directory_.End().ok());
  identities_->SetAuthority(*directory_.Load());
  Refresh();
  EXPECT_TRUE(directory_.Load()->PathOf(held_[stream]["default"], loop_.WallNow()).ok());
  EXPECT_EQ(changes_.size(), 3u);
  EXPECT_THAT(closed_, IsEmpty());
}

TEST_F(WorkloadIdentitiesTest, ARuleThatGoesEndsItsStreamsAndOneThatChangesMakesAnew) {
  const uint64_t stays = Connect("/demo/a", "a-1");
  const uint64_t goes = Connect("/demo/a", "a-2");
  identities_->SetRules(Rules("{path: /demo/a, nodes: [a-1], dns_names: [a.demo]}"));
  Refresh();
  EXPECT_THAT(closed_[goes], HasSubstr("is not for node \"a-2\""));
  EXPECT_EQ(closed_.count(stays), 0u);
  EXPECT_EQ(x509::ParseCertificates(held_[stays]["default"])->front().SubjectAltNames().size(), 2u);
}

// What was pushed for all stays beside what is the node's own.
TEST_F(WorkloadIdentitiesTest, APushReachesANodeBesideItsOwn) {
  const uint64_t stream = Connect("/demo/a", "a-1");
  discovery::DeltaDiscoveryRequest more;
  more.set_type_url(std::string(engine::kSecretType));
  more.add_resource_names_subscribe("pushed");
  Send(stream, more);
  changes_.clear();
  Secret secret;
  secret.set_name("pushed");
  secret.mutable_validation_context()->mutable_trusted_ca()->set_inline_string("x");
  std::vector<engine::Outgoing> out;
  engine_->SetSnapshot(
      *engine::Snapshot::Build("r1",
                               {engine::MakeResource(std::string(engine::kSecretType), "pushed",
                                                     secret.SerializeAsString())},
                               engine_->snapshot().get()),
      loop_.Now(), out);
  Take(out);
  EXPECT_THAT(changes_, ElementsAre(StrCat(stream, " pushed")));
  EXPECT_EQ(identities_->issued(), 1u);
}

// The old certificate stays in force while there is no new one.
TEST_F(WorkloadIdentitiesTest, AnIssuerThatHasEndedTakesNothingAway) {
  RunFor(std::chrono::hours(24 * 364 + 12));
  const uint64_t stream = Connect("/demo/a", "a-1");
  const std::string first = held_[stream]["default"];
  EXPECT_EQ(EndOf(stream), directory_.Load()->issuer().NotAfter());
  const auto left = directory_.Load()->issuer().NotAfter() - loop_.WallNow();
  RunFor(left + std::chrono::minutes(1));
  EXPECT_FALSE(held_[stream]["default"].empty());
  EXPECT_THAT(closed_, IsEmpty());
  // Another issuer, and all is well with the next try.
  ASSERT_TRUE(directory_.Begin(loop_.WallNow()).ok());
  ASSERT_TRUE(directory_.Switch().ok());
  identities_->SetAuthority(*directory_.Load());
  Refresh();
  EXPECT_GT(EndOf(stream), loop_.WallNow() + std::chrono::hours(23));
}

}  // namespace
}  // namespace weir::control::ca
