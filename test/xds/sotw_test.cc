// State of the world: what the client must say to what the server says.
#include "gtest/gtest.h"
#include "test/xds/bench.h"

namespace weir::xds {
namespace {

TEST(SotwTest, AsksInTheOrderOfTypesWithTheNodeFirst) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kEndpoints, "b");
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  EXPECT_EQ(bench.Said(), (Lines{"C names=[] node=n", "E names=[a,b]"}));
}

TEST(SotwTest, SaysNothingForATypeThatNobodyWants) {
  Bench bench(Variant::kSotw);
  bench.client->Start();
  EXPECT_EQ(bench.Said(), Lines{});
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Unsubscribe(kEndpoints, "a");
  EXPECT_EQ(bench.Said(), Lines{});
  EXPECT_EQ(bench.endpoints.TakeHeard(), Lines{"released a"});
}

TEST(SotwTest, AcknowledgesWithVersionAndNonce) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  EXPECT_EQ(bench.After(Sotw(kClusters, "1", "A", {{"x", "one"}, {"y", ""}})),
            Lines{"C names=[] version=1 nonce=A"});
  EXPECT_EQ(bench.clusters.TakeHeard(), Lines{"update v1! x@1 y@1"});
  EXPECT_EQ(bench.client->accepted_version(kClusters), "1");
  EXPECT_EQ(bench.cluster_stats.update_success.value(), 1u);
  EXPECT_EQ(bench.cluster_stats.update_attempt.value(), 2u);
  EXPECT_NE(bench.cluster_stats.version.value(), 0);
}

TEST(SotwTest, EqualBytesAreUnchangedAndMissingOnesRemoved) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  bench.After(Sotw(kClusters, "1", "A", {{"x", "one"}, {"y", ""}, {"z", ""}}));
  bench.After(Sotw(kClusters, "2", "B", {{"x", "one"}, {"y", "two"}}));
  EXPECT_EQ(bench.clusters.TakeHeard(),
            (Lines{"update v1! x@1 y@1 z@1", "update v2! x@2= y@2 -z"}));
  EXPECT_EQ(bench.After(Sotw(kClusters, "3", "C", {})), Lines{"C names=[] version=3 nonce=C"});
  EXPECT_EQ(bench.clusters.TakeHeard(), Lines{"update v3! -x -y"});
}

TEST(SotwTest, TypesWithoutFullStateLoseNothingByAbsence) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Subscribe(kEndpoints, "b");
  bench.client->Start();
  bench.Said();
  bench.After(Sotw(kEndpoints, "1", "A", {{"a", ""}, {"b", ""}, {"unasked", ""}}));
  EXPECT_EQ(bench.After(Sotw(kEndpoints, "2", "B", {{"b", "new"}})),
            Lines{"E names=[a,b] version=2 nonce=B"});
  EXPECT_EQ(bench.endpoints.TakeHeard(), (Lines{"update v1 a@1 b@1", "update v2 b@2"}));
}

TEST(SotwTest, RefusalNamesEachFailureAndKeepsTheVersion) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  bench.After(Sotw(kClusters, "1", "A", {{"x", "one"}, {"y", "one"}}));
  EXPECT_EQ(bench.After(Sotw(kClusters, "2", "B", {{"x", "bad"}, {"y", "two"}, {"z", "bad"}})),
            Lines{"C names=[] version=1 nonce=B error=x: is bad\nz: is bad"});
  EXPECT_EQ(bench.cluster_stats.update_rejected.value(), 1u);
  EXPECT_EQ(bench.client->accepted_version(kClusters), "1");
  // What was valid counts as accepted, what was refused does not.
  bench.clusters.TakeHeard();
  bench.After(Sotw(kClusters, "3", "C", {{"x", "one"}, {"y", "two"}}));
  EXPECT_EQ(bench.clusters.TakeHeard(), Lines{"update v3! x@3= y@3="});
}

TEST(SotwTest, ATransactionalSinkTakesAllOrNothing) {
  Bench bench(Variant::kSotw);
  bench.clusters.transactional = true;
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  bench.After(Sotw(kClusters, "1", "A", {{"x", "bad"}, {"y", "one"}}));
  bench.clusters.TakeHeard();
  bench.After(Sotw(kClusters, "2", "B", {{"y", "one"}}));
  EXPECT_EQ(bench.clusters.TakeHeard(), Lines{"update v2! y@2"});
}

TEST(SotwTest, DuplicatesRefuseTheWholeResponse) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  EXPECT_EQ(bench.After(Sotw(kClusters, "1", "A", {{"x", ""}, {"y", ""}, {"x", "other"}})),
            Lines{"C names=[] nonce=A error=x: is in the response more than once"});
  EXPECT_EQ(bench.clusters.TakeHeard(), Lines{"rejected v1 x: is in the response more than once"});
  EXPECT_TRUE(bench.clusters.in_force.empty());
}

TEST(SotwTest, WhatHasNoNameIsRefusedAndNothingIsRemovedByAbsence) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  bench.After(Sotw(kClusters, "1", "A", {{"x", ""}, {"y", ""}}));
  EXPECT_EQ(bench.After(Sotw(kClusters, "2", "B", {{"x", "new"}, {"", "nameless"}})),
            Lines{"C names=[] version=1 nonce=B error=resources[1]: the resource has no name"});
  EXPECT_EQ(bench.clusters.TakeHeard().back(), "update v2! x@2");
  EXPECT_EQ(bench.clusters.in_force.size(), 2u);
}

TEST(SotwTest, AResourceOfAnotherTypeIsRefused) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  discovery::DiscoveryResponse response;
  response.ParseFromString(Sotw(kClusters, "1", "A", {{"x", ""}, {"y", ""}}));
  response.mutable_resources(1)->set_type_url(kEndpoints);
  EXPECT_EQ(bench.After(response.SerializeAsString()),
            Lines{StrCat("C names=[] nonce=A error=resources[1]: is of type ", kEndpoints,
                         " in a response for ", kClusters)});
  EXPECT_EQ(bench.clusters.TakeHeard(), Lines{"update v1! x@1"});
}

TEST(SotwTest, NamesOfATurnGoOutTogether) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Start();
  bench.Said();
  bench.After(Sotw(kEndpoints, "1", "A", {{"a", ""}}));
  bench.client->Subscribe(kEndpoints, "c");
  bench.client->Subscribe(kEndpoints, "b");
  EXPECT_EQ(bench.Said(), Lines{"E names=[a,b,c] version=1 nonce=A"});
  bench.client->Unsubscribe(kEndpoints, "a");
  bench.client->Unsubscribe(kEndpoints, "b");
  bench.client->Unsubscribe(kEndpoints, "c");
  // A list was sent before: the empty one ends every subscription.
  EXPECT_EQ(bench.Said(), Lines{"E names=[] version=1 nonce=A"});
}

TEST(SotwTest, SubscriptionsAreCounted) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Start();
  EXPECT_EQ(bench.Said(), Lines{"E names=[a] node=n"});
  bench.client->Unsubscribe(kEndpoints, "a");
  EXPECT_EQ(bench.Said(), Lines{});
  bench.client->Unsubscribe(kEndpoints, "a");
  EXPECT_EQ(bench.Said(), Lines{"E names=[]"});
}

TEST(SotwTest, GivenUpAndTakenAgainInOneTurnChangesNothing) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Start();
  bench.Said();
  bench.After(Sotw(kEndpoints, "1", "A", {{"a", ""}}));
  bench.endpoints.TakeHeard();
  bench.client->Unsubscribe(kEndpoints, "a");
  bench.client->Subscribe(kEndpoints, "a");
  EXPECT_EQ(bench.Said(), Lines{});
  bench.loop.RunFor(std::chrono::seconds(60));
  EXPECT_EQ(bench.endpoints.TakeHeard(), Lines{});
}

TEST(SotwTest, AForgottenNameIsDecodedAnewWhenItComesBack) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Subscribe(kEndpoints, "b");
  bench.client->Start();
  bench.Said();
  bench.After(Sotw(kEndpoints, "1", "A", {{"a", ""}, {"b", ""}}));
  bench.client->Unsubscribe(kEndpoints, "a");
  EXPECT_EQ(bench.Said(), Lines{"E names=[b] version=1 nonce=A"});
  bench.client->Subscribe(kEndpoints, "a");
  bench.Said();
  bench.endpoints.TakeHeard();
  bench.After(Sotw(kEndpoints, "1", "B", {{"a", ""}}));
  EXPECT_EQ(bench.endpoints.TakeHeard(), Lines{"update v1 a@1"});
}

TEST(SotwTest, WildcardBesideNamesIsSpelledOut) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  bench.client->Subscribe(kClusters, "x");
  EXPECT_EQ(bench.Said(), Lines{"C names=[*,x]"});
  bench.client->Unsubscribe(kClusters, "x");
  EXPECT_EQ(bench.Said(), Lines{"C names=[*]"});
}

TEST(SotwTest, WhileAVerdictIsAwaitedNamesWaitAndResponsesQueue) {
  Bench bench(Variant::kSotw);
  bench.endpoints.pace = RecordingSink::Pace::kHeld;
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Start();
  bench.Said();
  EXPECT_EQ(bench.After(Sotw(kEndpoints, "1", "A", {{"a", ""}})), Lines{});
  bench.client->Subscribe(kEndpoints, "b");
  EXPECT_EQ(bench.Said(), Lines{});
  EXPECT_EQ(bench.After(Sotw(kEndpoints, "2", "B", {{"a", "bad"}})), Lines{});
  EXPECT_EQ(bench.endpoints.held.size(), 1u);
  bench.endpoints.GiveVerdict();
  EXPECT_EQ(bench.Said(), Lines{"E names=[a,b] version=1 nonce=A"});
  bench.endpoints.GiveVerdict();
  EXPECT_EQ(bench.Said(), Lines{"E names=[a,b] version=1 nonce=B error=a: is bad"});
}

TEST(SotwTest, AnotherTypeIsAnsweredWhileAVerdictIsAwaited) {
  Bench bench(Variant::kSotw);
  bench.endpoints.pace = RecordingSink::Pace::kHeld;
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Subscribe(kEndpoints, "a");
  bench.client->Start();
  bench.Said();
  EXPECT_EQ(bench.After(Sotw(kEndpoints, "1", "A", {{"a", ""}})), Lines{});
  EXPECT_EQ(bench.After(Sotw(kClusters, "1", "B", {})), Lines{"C names=[] version=1 nonce=B"});
}

TEST(SotwTest, AWrappedResourceHasItsOwnVersion) {
  Bench bench(Variant::kSotw);
  bench.client->Subscribe(kClusters, kWildcard);
  bench.client->Start();
  bench.Said();
  bench.After(Sotw(kClusters, "1", "A", {{"x", "", "x7"}, {"y", ""}}));
  EXPECT_EQ(bench.clusters.TakeHeard(), Lines{"update v1! x@x7 y@1"});
}

}  // namespace
}  // namespace weir::xds
