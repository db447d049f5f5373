// The client over time: lost streams, timeouts, times to live, in both variants.
#include "source/xds/client.h"

#include "gtest/gtest.h"
#include "test/xds/bench.h"

namespace weir::xds {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ClientTest : public ::testing::TestWithParam<Variant> {
 protected:
  ClientTest() : bench_(GetParam()) {}

  std::string Response(const std::string& type_url, const std::string& version,
                       const std::string& nonce, const std::vector<Entry>& entries) {
    return GetParam() == Variant::kSotw ? Sotw(type_url, version, nonce, entries)
                                        : Delta(type_url, version, nonce, entries);
  }

  Bench bench_;
};

TEST_P(ClientTest, BacksOffWithJitterUntilTheServerSpeaks) {
  bench_.transport.set_refuse(absl::UnavailableError("nobody listens"));
  bench_.client->Subscribe(kClusters, kWildcard);
  bench_.client->Start();
  size_t opened = 0;
  milliseconds bound(500);
  for (int i = 0; i < 12; ++i) {
    const auto before = bench_.loop.Now();
    ASSERT_TRUE(bench_.loop.RunUntilTrue([&] { return bench_.transport.opened() > opened; }));
    opened = bench_.transport.opened();
    if (i > 0) {
      EXPECT_LE(bench_.loop.Now() - before, bound + milliseconds(3)) << i;
      bound = std::min(bound * 2, milliseconds(30000));
    }
  }
  EXPECT_EQ(bound, milliseconds(30000));
  EXPECT_FALSE(bench_.client->connected());
  EXPECT_GE(bench_.cluster_stats.update_failure.value(), 11u);

  bench_.loop.RunReady();
  bench_.transport.set_refuse(absl::OkStatus());
  ASSERT_TRUE(bench_.loop.RunUntilTrue([&] { return bench_.transport.open_call() != nullptr; },
                                       seconds(40)));
  EXPECT_EQ(bench_.stream_stats.connected_state.value(), 0);
  bench_.After(Response(kClusters, "1", "A", {}));
  EXPECT_EQ(bench_.stream_stats.connected_state.value(), 1);
  EXPECT_TRUE(bench_.client->connected());
  bench_.transport.open_call()->End(absl::OkStatus());
  bench_.Said();
  EXPECT_EQ(bench_.stream_stats.connected_state.value(), 0);
  opened = bench_.transport.opened();
  bench_.loop.RunFor(milliseconds(501));
  EXPECT_EQ(bench_.transport.opened(), opened + 1);
}

TEST_P(ClientTest, KeepsEverythingWhenTheStreamIsGone) {
  bench_.client->Subscribe(kClusters, kWildcard);
  bench_.client->Start();
  bench_.Said();
  bench_.After(Response(kClusters, "1", "A", {{"x", "", "1"}}));
  bench_.clusters.TakeHeard();
  bench_.transport.set_refuse(absl::UnavailableError("gone"));
  bench_.transport.open_call()->End(absl::UnavailableError("gone"));
  bench_.loop.RunFor(seconds(120));
  EXPECT_EQ(bench_.clusters.TakeHeard(), Lines{});
  EXPECT_EQ(bench_.clusters.in_force.size(), 1u);
}

TEST_P(ClientTest, AnswersOfAnOldStreamAreNotSentOnTheNewOne) {
  bench_.clusters.pace = RecordingSink::Pace::kHeld;
  bench_.client->Subscribe(kClusters, kWildcard);
  bench_.client->Start();
  bench_.Said();
  bench_.After(Response(kClusters, "1", "A", {{"x", "", "1"}}));
  bench_.After(Response(kClusters, "2", "B", {{"x", "two", "2"}}));
  bench_.transport.open_call()->End(absl::UnavailableError("restart"));
  bench_.loop.RunFor(milliseconds(501));
  // Delta cannot say what it holds before the verdict.
  EXPECT_EQ(bench_.Said(), GetParam() == Variant::kSotw ? Lines{"C names=[] node=n"} : Lines{});
  bench_.clusters.GiveVerdict();
  EXPECT_EQ(bench_.Said(), GetParam() == Variant::kSotw ? Lines{} : Lines{"C held=[x@1] node=n"});
  // The queued response died with its stream; the verdict given late counts all the same.
  EXPECT_EQ(bench_.clusters.TakeHeard().size(), 1u);
  EXPECT_EQ(bench_.client->accepted_version(kClusters), "1");
  bench_.After(Response(kClusters, "1", "C", {{"x", "", "1"}}));
  bench_.clusters.GiveVerdict();
  EXPECT_EQ(bench_.clusters.TakeHeard(),
            Lines{GetParam() == Variant::kSotw ? "update v1! x@1=" : "update v1 x@1="});
  EXPECT_EQ(bench_.Said(),
            Lines{GetParam() == Variant::kSotw ? "C names=[] version=1 nonce=C" : "C nonce=C"});
}

TEST_P(ClientTest, AMessageThatDoesNotParseEndsTheStream) {
  bench_.client->Subscribe(kClusters, kWildcard);
  bench_.client->Start();
  bench_.Said();
  EXPECT_EQ(bench_.After("\x0a\xff garbage"), Lines{"(no stream)"});
  bench_.loop.RunFor(milliseconds(501));
  EXPECT_EQ(bench_.transport.opened(), 2u);
}

TEST_P(ClientTest, AResponseForAnUnknownTypeIsIgnored) {
  bench_.client->Subscribe(kClusters, kWildcard);
  bench_.client->Start();
  bench_.Said();
  EXPECT_EQ(bench_.After(Response("type.googleapis.com/test.Other", "1", "A", {})), Lines{});
  EXPECT_EQ(bench_.After(Response(kClusters, "1", "B", {})).size(), 1u);
}

TEST_P(ClientTest, SubscriptionsMadeWithoutAStreamGoOutWithTheNextOne) {
  bench_.client->Subscribe(kEndpoints, "a");
  bench_.client->Start();
  bench_.Said();
  bench_.transport.open_call()->End(absl::UnavailableError("restart"));
  bench_.loop.RunFor(milliseconds(1));
  bench_.client->Subscribe(kEndpoints, "b");
  bench_.client->Unsubscribe(kEndpoints, "a");
  bench_.loop.RunFor(milliseconds(501));
  EXPECT_EQ(bench_.Said(),
            Lines{GetParam() == Variant::kSotw ? "E names=[b] node=n" : "E +[b] node=n"});
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{"released a"});
}

TEST_P(ClientTest, TellsWhenNoAnswerComesInTime) {
  bench_.client->Subscribe(kClusters, kWildcard, seconds(5));
  bench_.client->Subscribe(kEndpoints, "a");
  bench_.client->Subscribe(kEndpoints, "b");
  bench_.client->Subscribe(kEndpoints, "patient", seconds(0));
  bench_.client->Start();
  bench_.Said();
  bench_.After(Response(kEndpoints, "1", "A", {{"a", "", "1"}}));
  bench_.endpoints.TakeHeard();
  bench_.loop.RunFor(milliseconds(4990));
  EXPECT_EQ(bench_.clusters.TakeHeard(), Lines{});
  bench_.loop.RunFor(milliseconds(20));
  EXPECT_EQ(bench_.clusters.TakeHeard(), Lines{"timeout *"});
  bench_.loop.RunFor(seconds(60));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{"timeout b"});
  EXPECT_EQ(bench_.endpoint_stats.init_fetch_timeout.value(), 1u);
  // It may come later all the same.
  bench_.After(Response(kEndpoints, "2", "B", {{"b", "", "1"}}));
  EXPECT_EQ(bench_.endpoints.TakeHeard().size(), 1u);
}

TEST_P(ClientTest, EachNameHasATimeOfItsOwn) {
  bench_.client->Subscribe(kEndpoints, "slow", seconds(8));
  bench_.client->Subscribe(kEndpoints, "quick", seconds(2));
  bench_.client->Subscribe(kEndpoints, "given up", seconds(2));
  bench_.client->Subscribe(kEndpoints, "also quick", seconds(2));
  bench_.client->Start();
  bench_.loop.RunFor(seconds(1));
  bench_.client->Unsubscribe(kEndpoints, "given up");
  bench_.loop.RunFor(milliseconds(500));
  bench_.endpoints.TakeHeard();
  bench_.loop.RunFor(milliseconds(502));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), (Lines{"timeout also quick", "timeout quick"}));
  bench_.client->Subscribe(kEndpoints, "later", seconds(3));
  bench_.loop.RunFor(milliseconds(2990));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{});
  bench_.loop.RunFor(milliseconds(20));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{"timeout later"});
  bench_.loop.RunFor(seconds(60));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{"timeout slow"});
  EXPECT_EQ(bench_.loop.armed_timers(), 0u);
}

TEST_P(ClientTest, ARefusedResourceStopsTheClock) {
  bench_.client->Subscribe(kEndpoints, "a");
  bench_.client->Start();
  bench_.Said();
  bench_.After(Response(kEndpoints, "1", "A", {{"a", "bad", "1"}}));
  bench_.endpoints.TakeHeard();
  bench_.loop.RunFor(seconds(60));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{});
}

TEST_P(ClientTest, TheClockRunsWithoutAStream) {
  bench_.transport.set_refuse(absl::UnavailableError("nobody listens"));
  bench_.client->Subscribe(kClusters, kWildcard, seconds(3));
  bench_.client->Start();
  bench_.loop.RunFor(milliseconds(3002));
  EXPECT_EQ(bench_.clusters.TakeHeard(), Lines{"timeout *"});
}

TEST_P(ClientTest, AnExpiredResourceIsRemovedAndARefreshedOneStays) {
  bench_.client->Subscribe(kEndpoints, "a");
  bench_.client->Subscribe(kEndpoints, "b");
  bench_.client->Start();
  bench_.Said();
  bench_.After(Response(kEndpoints, "1", "A",
                        {{.name = "a", .content = "", .version = "1", .ttl_seconds = 10},
                         {.name = "b", .content = "", .version = "1", .ttl_seconds = 10}}));
  bench_.endpoints.TakeHeard();
  bench_.loop.RunFor(seconds(6));
  // A heartbeat at the version held; the sink does not hear of it, the server gets its answer.
  EXPECT_EQ(
      bench_
          .After(Response(
              kEndpoints, "1", "B",
              {{.name = "a", .content = "", .version = "1", .ttl_seconds = 10, .heartbeat = true},
               {.name = "b", .content = "", .version = "0", .ttl_seconds = 10, .heartbeat = true}}))
          .size(),
      1u);
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{});
  bench_.loop.RunFor(seconds(5));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{"expired -b"});
  bench_.loop.RunFor(seconds(5));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{"expired -a"});
  EXPECT_EQ(bench_.Said(), Lines{});
  // It comes back as something new; without a time to live it stays.
  bench_.After(Response(kEndpoints, "2", "C", {{"a", "", "1"}}));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{"update v2 a@1"});
  bench_.loop.RunFor(seconds(60));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{});
}

TEST_P(ClientTest, ExpiryWaitsForAVerdictThatRefreshes) {
  bench_.client->Subscribe(kEndpoints, "a");
  bench_.client->Start();
  bench_.Said();
  bench_.After(Response(kEndpoints, "1", "A",
                        {{.name = "a", .content = "", .version = "1", .ttl_seconds = 10}}));
  bench_.loop.RunFor(seconds(9));
  bench_.endpoints.pace = RecordingSink::Pace::kHeld;
  bench_.endpoints.TakeHeard();
  bench_.After(Response(kEndpoints, "2", "B",
                        {{.name = "a", .content = "n", .version = "2", .ttl_seconds = 10}}));
  bench_.loop.RunFor(seconds(2));
  bench_.endpoints.GiveVerdict();
  bench_.loop.RunFor(seconds(5));
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{"update v2 a@2"});
}

TEST_P(ClientTest, AnAwaitedVerdictOnAnExpiryDoesNotHoldUpANewStream) {
  bench_.client->Subscribe(kEndpoints, "a");
  bench_.client->Start();
  bench_.Said();
  bench_.After(Response(kEndpoints, "1", "A",
                        {{.name = "a", .content = "", .version = "1", .ttl_seconds = 10}}));
  bench_.endpoints.pace = RecordingSink::Pace::kHeld;
  bench_.loop.RunFor(seconds(11));
  EXPECT_EQ(bench_.endpoints.held.size(), 1u);
  bench_.transport.open_call()->End(absl::UnavailableError("restart"));
  bench_.loop.RunFor(milliseconds(501));
  EXPECT_EQ(bench_.Said(),
            Lines{GetParam() == Variant::kSotw ? "E names=[a] version=1 node=n" : "E +[a] node=n"});
  bench_.endpoints.GiveVerdict();
}

TEST_P(ClientTest, WhatIsGivenUpBeforeItsVerdictIsReleasedAfterIt) {
  bench_.client->Subscribe(kEndpoints, "a");
  bench_.client->Start();
  bench_.Said();
  bench_.endpoints.pace = RecordingSink::Pace::kHeld;
  bench_.After(Response(kEndpoints, "1", "A", {{"a", "", "1"}}));
  bench_.client->Unsubscribe(kEndpoints, "a");
  bench_.Said();
  bench_.endpoints.TakeHeard();
  bench_.endpoints.GiveVerdict();
  bench_.Said();
  EXPECT_EQ(bench_.endpoints.TakeHeard(), Lines{"released a"});
  EXPECT_TRUE(bench_.endpoints.in_force.empty());
}

TEST_P(ClientTest, AVerdictAfterTheClientDiedDoesNothing) {
  bench_.clusters.pace = RecordingSink::Pace::kHeld;
  bench_.client->Subscribe(kClusters, kWildcard);
  bench_.client->Start();
  bench_.Said();
  bench_.After(Response(kClusters, "1", "A", {{"x", "", "1"}}));
  bench_.client.reset();
  bench_.clusters.GiveVerdict();
  bench_.loop.RunFor(seconds(60));
  EXPECT_EQ(bench_.transport.opened(), 1u);
}

TEST_P(ClientTest, LongRefusalsAreCutShort) {
  bench_.client->Subscribe(kClusters, kWildcard);
  bench_.client->Start();
  bench_.Said();
  std::vector<Entry> entries;
  for (int i = 0; i < 5000; ++i) entries.push_back({StrCat("cluster-", i), "bad", "1"});
  const Lines said = bench_.After(Response(kClusters, "1", "A", entries));
  ASSERT_EQ(said.size(), 1u);
  EXPECT_LT(said[0].size(), 34u * 1024);
  EXPECT_NE(said[0].find(" more"), std::string::npos);
}

TEST_P(ClientTest, RemembersWhoTheControlPlaneIs) {
  bench_.client->Subscribe(kClusters, kWildcard);
  bench_.client->Start();
  bench_.Said();
  discovery::DiscoveryResponse response;  // Field 6 in one, 7 in the other.
  if (GetParam() == Variant::kSotw) {
    response.ParseFromString(Response(kClusters, "1", "A", {}));
    response.mutable_control_plane()->set_identifier("cp-1");
    bench_.After(response.SerializeAsString());
  } else {
    discovery::DeltaDiscoveryResponse delta;
    delta.ParseFromString(Response(kClusters, "1", "A", {}));
    delta.mutable_control_plane()->set_identifier("cp-1");
    bench_.After(delta.SerializeAsString());
  }
  EXPECT_EQ(bench_.client->control_plane_identifier(), "cp-1");
}

INSTANTIATE_TEST_SUITE_P(Variants, ClientTest, ::testing::Values(Variant::kSotw, Variant::kDelta),
                         [](const auto& tested) {
                           return tested.param == Variant::kSotw ? "Sotw" : "Delta";
                         });

}  // namespace
}  // namespace weir::xds
