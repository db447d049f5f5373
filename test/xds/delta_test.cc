// Delta: what the client must say to what the server says.
#include "gtest/gtest.h"
#include "test/xds/bench.h"

namespace weir::xds {
namespace {

TEST(DeltaTest, AsksForEverythingByNamingNothing) {
  Bench bench(Variant::kDelta);
  bench.client->Subscribe(kEndpoints, "b");
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  EXPECT_EQ(bench.Said(), (Lines{"C node=n", "E +[a,b]"}));
}

TEST(DeltaTest, AcknowledgesEachResponseAndHearsOnlyChanges) {
  Bench bench(Variant::kDelta);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  EXPECT_EQ(bench.After(Delta(kClusters, "s1", "A", {{"x", "one", "1"}, {"y", "", "1"}})),
            Lines{"C nonce=A"});
  EXPECT_EQ(bench.After(Delta(kClusters, "s2", "B", {{"x", "two", "2"}}, {"y", "never-seen"})),
            Lines{"C nonce=B"});
  EXPECT_EQ(bench.clusters.TakeHeard(), (Lines{"update vs1 x@1 y@1", "update vs2 x@2 -y"}));
  EXPECT_EQ(bench.client->accepted_version(kClusters), "s2");
}

TEST(DeltaTest, ChangesOfNamesGoOutAloneAndWithoutANonce) {
  Bench bench(Variant::kDelta);
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Start();
  bench.Said();
  bench.After(Delta(kEndpoints, "", "A", {{"a", "", "1"}}));
  bench.client->Subscribe(kEndpoints, "b");
  bench.client->Unsubscribe(kEndpoints, "a");
  EXPECT_EQ(bench.Said(), Lines{"E +[b] -[a]"});
  EXPECT_EQ(bench.endpoints.TakeHeard(), (Lines{"update v a@1", "released a"}));
  bench.client->Unsubscribe(kEndpoints, "b");
  EXPECT_EQ(bench.Said(), Lines{"E -[b]"});
}

TEST(DeltaTest, NamesGoOutWhileAVerdictIsAwaited) {
  Bench bench(Variant::kDelta);
  bench.endpoints.pace = RecordingSink::Pace::kHeld;
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Start();
  bench.Said();
  bench.After(Delta(kEndpoints, "", "A", {{"a", "", "1"}}));
  bench.client->Subscribe(kEndpoints, "b");
  EXPECT_EQ(bench.Said(), Lines{"E +[b]"});
  bench.endpoints.GiveVerdict();
  EXPECT_EQ(bench.Said(), Lines{"E nonce=A"});
}

TEST(DeltaTest, AMissingResourceIsRemovedAndStaysSubscribed) {
  Bench bench(Variant::kDelta);
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Start();
  bench.Said();
  EXPECT_EQ(bench.After(Delta(kEndpoints, "", "A", {}, {"a"})), Lines{"E nonce=A"});
  bench.loop.RunFor(std::chrono::seconds(20));
  EXPECT_EQ(bench.endpoints.TakeHeard(), Lines{"update v -a"});
  bench.After(Delta(kEndpoints, "", "B", {{"a", "", "1"}}));
  EXPECT_EQ(bench.endpoints.TakeHeard(), Lines{"update v a@1"});
}

TEST(DeltaTest, OneNameInBothListsRefusesTheResponse) {
  Bench bench(Variant::kDelta);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  EXPECT_EQ(bench.After(Delta(kClusters, "", "A", {{"x", "", "1"}}, {"x"})),
            Lines{"C nonce=A error=x: is in resources and in removed_resources"});
}

TEST(DeltaTest, ANewStreamBeginsWithTheVersionsAccepted) {
  Bench bench(Variant::kDelta);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Subscribe(kEndpoints, "b");
  bench.client->Start();
  bench.Said();
  bench.After(Delta(kClusters, "", "A", {{"x", "one", "1"}, {"y", "one", "1"}, {"gone", "", "1"}}));
  // x is refused and keeps version 1; y is accepted from the same response.
  EXPECT_EQ(
      bench.After(Delta(kClusters, "", "B", {{"x", "bad", "2"}, {"y", "two", "2"}}, {"gone"})),
      Lines{"C nonce=B error=x: is bad"});
  bench.After(Delta(kEndpoints, "", "C", {{"a", "", "7"}}, {"b"}));
  bench.transport.open_call()->End(absl::UnavailableError("restart"));
  EXPECT_EQ(bench.Said(), Lines{"(no stream)"});
  bench.loop.RunFor(std::chrono::milliseconds(500));
  EXPECT_EQ(bench.Said(), (Lines{"C held=[x@1,y@2] node=n", "E +[a,b] held=[a@7]"}));
  EXPECT_EQ(bench.clusters.in_force.size(), 2u);
}

TEST(DeltaTest, WildcardAddedToNamesAndTakenAway) {
  Bench bench(Variant::kDelta);
  bench.client->Subscribe(kClusters, "x");
  bench.client->Start();
  EXPECT_EQ(bench.Said(), Lines{"C +[x] node=n"});
  bench.client->Subscribe(kClusters, kWildcard);
  EXPECT_EQ(bench.Said(), Lines{"C +[*]"});
  bench.After(Delta(kClusters, "", "A", {{"x", "", "1"}, {"y", "", "1"}}));
  bench.clusters.TakeHeard();
  bench.client->Unsubscribe(kClusters, kWildcard);
  EXPECT_EQ(bench.Said(), Lines{"C -[*]"});
  EXPECT_EQ(bench.clusters.TakeHeard(), Lines{"released y"});
}

TEST(DeltaTest, ANameGivenUpUnderTheWildcardStays) {
  Bench bench(Variant::kDelta);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Subscribe(kClusters, "x");
  bench.client->Start();
  EXPECT_EQ(bench.Said(), Lines{"C +[*,x] node=n"});
  bench.After(Delta(kClusters, "", "A", {{"x", "", "1"}}));
  bench.client->Unsubscribe(kClusters, "x");
  EXPECT_EQ(bench.Said(), Lines{"C -[x]"});
  EXPECT_EQ(bench.clusters.TakeHeard(), Lines{"update v x@1"});
}

}  // namespace
}  // namespace weir::xds
