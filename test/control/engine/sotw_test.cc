// The rules of the state-of-the-world variant, one row or more a rule.
#include <gtest/gtest.h>

#include "test/control/engine/script.h"

namespace weir::control::engine {
namespace {

const std::vector<Row> kRows = {
    {"C3",
     "types are independent: a type that waits does not hold up another",
     {{"config c/a=1 l/x=1", ""}, {"c", "c{a=1}"}, {"l", "l{x=1}"}, {"ack l", ""}, {"ack c", ""}}},
    {"C4",
     "a refusal is an error_detail, whatever the versions say",
     {{"config e/a=1", ""}, {"e a", "e{a=1}"}, {"nack e bad", ""}, {"config e/a=2", "e{a=2}"}}},
    {"C5",
     "one response is outstanding; newer states wait and are sent as one",
     {{"config e/a=1", ""},
      {"e a", "e{a=1}"},
      {"config e/a=2", ""},
      {"config e/a=3", ""},
      {"ack e", "e{a=3}"},
      {"ack e", ""},
      {"config e/a=3", ""}}},
    {"C6",
     "refused bytes are not sent again, until they change",
     {{"config c/a=1", ""},
      {"c", "c{a=1}"},
      {"nack c a is bad", ""},
      {"config c/a=1", ""},
      {"config c/a=2", "c{a=2}"},
      {"ack c", ""}}},
    {"C6",
     "or until the operator says so",
     {{"config c/a=1", ""}, {"c", "c{a=1}"}, {"nack c a is bad", ""}, {"retry", "c{a=1}"}}},
    {"C6",
     "beside a refused resource the others go on, with its last good version",
     {{"config c/a=1 c/b=1", ""},
      {"c", "c{a=1 b=1}"},
      {"ack c", ""},
      {"config c/a=2 c/b=1", "c{a=2 b=1}"},
      {"nack c cluster a: bad", ""},
      {"config c/a=2 c/b=2", "c{a=1 b=2}"},
      {"ack c", ""},
      {"config c/a=3 c/b=2", "c{a=3 b=2}"}}},
    {"C6",
     "a refused resource that the client never had is left out",
     {{"config c/a=1 c/b=1", ""},
      {"c", "c{a=1 b=1}"},
      {"nack c [resource 0: a: bad]", ""},
      {"config c/a=1 c/b=2", "c{b=2}"},
      {"ack c", ""}}},
    {"S1",
     "the first request of a type may carry any nonce",
     {{"config e/a=1", ""}, {"stale e a", "e{a=1}"}}},
    {"S2",
     "a request with an old nonce is ignored whole",
     {{"config e/a=1 e/b=1", ""},
      {"e a", "e{a=1}"},
      {"stale e a b", ""},
      {"ack e", ""},
      {"e a b", "e{b=1}"}}},
    {"S4",
     "an empty list is everything for listeners and clusters",
     {{"config c/a=1 l/x=1", ""}, {"c", "c{a=1}"}, {"l", "l{x=1}"}}},
    {"S4", "and nothing for other types", {{"config e/a=1 r/x=1", ""}, {"e", ""}, {"r", ""}}},
    {"S4",
     "a star is everything for every type",
     {{"config e/a=1 e/b=1", ""}, {"e *", "e{a=1 b=1}"}}},
    {"S4",
     "once a name was given an empty list means nothing",
     {{"config c/a=1 c/b=1", ""},
      {"c a", "c{a=1}"},
      {"ack c", ""},
      {"c", ""},
      {"config c/a=2 c/b=1", ""}}},
    {"S4",
     "names after the legacy wildcard end it",
     {{"config c/a=1 c/b=1", ""}, {"c", "c{a=1 b=1}"}, {"ack c", ""}, {"c b", "c{b=1}"}}},
    {"S5",
     "listeners and clusters come whole every time",
     {{"config c/a=1 c/b=1", ""},
      {"c", "c{a=1 b=1}"},
      {"ack c", ""},
      {"config c/a=2 c/b=1", "c{a=2 b=1}"}}},
    {"S5",
     "a removal alone is sent, and an empty response removes all",
     {{"config l/a=1 l/b=1", ""},
      {"l", "l{a=1 b=1}"},
      {"ack l", ""},
      {"config l/b=1", "l{b=1}"},
      {"ack l", ""},
      {"config", "l{}"}}},
    {"S6",
     "other types: what changed; absence removes nothing",
     {{"config e/a=1 e/b=1", ""},
      {"e a b", "e{a=1 b=1}"},
      {"ack e", ""},
      {"config e/a=2 e/b=1", "e{a=2}"},
      {"ack e", ""},
      {"config e/a=2", ""},
      {"config e/a=2 e/b=1", "e{b=1}"}}},
    {"S7",
     "a name that is new in the request is answered though nothing changed",
     {{"config e/a=1 e/b=1", ""}, {"e a", "e{a=1}"}, {"ack e", ""}, {"e a b", "e{b=1}"}}},
    {"S7",
     "also for full-state types",
     {{"config c/a=1 c/b=1", ""}, {"c a", "c{a=1}"}, {"ack c", ""}, {"c a b", "c{a=1 b=1}"}}},
    {"S8",
     "a name that was dropped and asked for again is answered",
     {{"config e/a=1 e/b=1", ""},
      {"e a b", "e{a=1 b=1}"},
      {"ack e", ""},
      {"e a", ""},
      {"e a b", "e{b=1}"}}},
    {"S9",
     "what does not exist yet is sent when it appears",
     {{"config e/a=1", ""}, {"e a b", "e{a=1}"}, {"ack e", ""}, {"config e/a=1 e/b=1", "e{b=1}"}}},
    {"S9",
     "a wildcard with nothing to send gets an empty response",
     {{"config", ""}, {"c", "c{}"}, {"l", "l{}"}}},
    {"S9",
     "routes and endpoints that do not exist are waited for in silence",
     {{"config", ""},
      {"r x", ""},
      {"e a", ""},
      {"config r/x=1 e/a=1", "e{a=1}"},
      {"ack e", "r{x=1}"}}},
    {"S10",
     "what was asked for is sent though the snapshot has more",
     {{"config e/a=1 e/b=1 r/x=1 r/y=1", ""}, {"e a", "e{a=1}"}, {"r y", "r{y=1}"}}},
    {"S11",
     "a new stream starts anew",
     {{"config c/a=1", ""},
      {"c", "c{a=1}"},
      {"ack c", ""},
      {"reconnect", ""},
      {"c version:anything", "c{a=1}"}}},
    {"S12",
     "endpoints follow their cluster when it changes",
     {{"config c/a=1>a c/b=1>b e/a=1 e/b=1", ""},
      {"c", "c{a=1 b=1}"},
      {"ack c", ""},
      {"e a b", "e{a=1 b=1}"},
      {"ack e", ""},
      {"config c/a=2>a c/b=1>b e/a=1 e/b=1", "c{a=2 b=1} e{a=1}"}}},
    {"S12",
     "and when it comes back",
     {{"config c/a=1>a e/a=1", ""},
      {"c", "c{a=1}"},
      {"ack c", ""},
      {"e a", "e{a=1}"},
      {"ack e", ""},
      {"config e/a=1", "c{}"},
      {"ack c", ""},
      {"config c/a=1>a e/a=1", "c{a=1} e{a=1}"}}},
};

TEST(SotwRules, Table) {
  for (const Row& row : kRows) RunRow(Variant::kSotw, row);
}

TEST(SotwRules, S3AnAcknowledgementClearsTheRefusal) {
  Script script(Variant::kSotw);
  script.Run("config e/a=1 e/b=1");
  script.Run("e a b");
  const std::string first = script.StatusOf("e").sent_version;
  EXPECT_EQ(script.StatusOf("e").acked_version, "");
  EXPECT_TRUE(script.StatusOf("e").waiting);
  script.Run("ack e");
  EXPECT_EQ(script.StatusOf("e").acked_version, first);
  script.Run("config e/a=2 e/b=1");
  script.Run("nack e a: no such port");
  TypeStatus status = script.StatusOf("e");
  EXPECT_EQ(status.acked_version, first);
  ASSERT_TRUE(status.nack.has_value());
  EXPECT_EQ(status.nack->rejection.message, "a: no such port");
  EXPECT_EQ(status.nack->rejection.code, 3);
  EXPECT_EQ(status.nack->resources, std::vector<std::string>{"a"});
  EXPECT_EQ(status.nack->time, script.now());
  EXPECT_EQ(status.nacks, 1u);
  script.Run("config e/a=3 e/b=1");
  script.Run("ack e");
  status = script.StatusOf("e");
  EXPECT_FALSE(status.nack.has_value());
  EXPECT_EQ(status.acked_version, status.sent_version);
  EXPECT_EQ(status.acks, 2u);
}

TEST(SotwRules, C1TheFirstRequestNamesTheNode) {
  ClusterHistory history;
  Stream stream(1, {}, Snapshot::Empty(), history, "peer", Time());
  std::vector<Response> out;
  Request request;
  request.type_url = kClusterType;
  EXPECT_EQ(stream.OnRequest(request, Time(), out).message(), "missing node information");
  request.node.emplace();
  EXPECT_EQ(stream.OnRequest(request, Time(), out).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(out.empty());
  request.node->id = "n";
  EXPECT_TRUE(stream.OnRequest(request, Time(), out).ok());
  request.node.reset();
  request.type_url = kListenerType;
  EXPECT_TRUE(stream.OnRequest(request, Time(), out).ok());
  EXPECT_EQ(out.size(), 2u);
}

TEST(SotwRules, C2TheTypeIsRequiredOnAggregatedStreamsAndImpliedElsewhere) {
  Script aggregated(Variant::kSotw);
  EXPECT_EQ(aggregated.Run(""), "closed: type URL is required for ADS");
  Script single(Variant::kSotw, kClusterType);
  EXPECT_EQ(single.Run(""), "c{}");
  EXPECT_TRUE(single.Run("l").starts_with("closed: type URL"));
}

TEST(SotwRules, C7ANameCannotBeTwiceInOneResponse) {
  std::vector<ResourcePtr> twice = {
      MakeResource(std::string(kClusterType), "a", "1", {}, {"one.yaml", 3, 1}),
      MakeResource(std::string(kClusterType), "a", "2", {}, {"two.yaml", 8, 5})};
  const auto snapshot = Snapshot::Build("r1", twice, nullptr);
  ASSERT_FALSE(snapshot.ok());
  EXPECT_NE(snapshot.status().message().find("one.yaml:3:1"), absl::string_view::npos);
  EXPECT_NE(snapshot.status().message().find("two.yaml:8:5"), absl::string_view::npos);
  Script script(Variant::kSotw);
  script.Run("config e/a=1");
  EXPECT_EQ(script.Run("e a a a"), "e{a=1}");
}

TEST(SotwRules, C8ResourcesAreWrappedOnlyWhenAskedForAndOffered) {
  for (const char* feature :
       {"xds.config.supports-resource-in-sotw", "xds.config.resource-in-sotw", "other"}) {
    for (bool offered : {true, false}) {
      ClusterHistory history;
      StreamOptions options;
      options.wrap_sotw = offered;
      Stream stream(1, options, SnapshotOf("c/a=1", nullptr), history, "peer", Time());
      Request request;
      request.type_url = kClusterType;
      request.node.emplace();
      request.node->id = "n";
      request.node->client_features = {feature};
      std::vector<Response> out;
      ASSERT_TRUE(stream.OnRequest(request, Time(), out).ok());
      ASSERT_EQ(out.size(), 1u);
      EXPECT_EQ(out[0].wrapped, offered && std::string_view(feature) != "other") << feature;
    }
  }
}

TEST(SotwRules, VersionsComeFromTheContentAlone) {
  Script one(Variant::kSotw);
  one.Run("config c/b=1 c/a=1");
  one.Run("c");
  Script other(Variant::kSotw);
  other.Run("config c/x=9");
  other.Run("config c/a=1 c/b=1");
  other.Run("c");
  EXPECT_EQ(one.StatusOf("c").sent_version, other.StatusOf("c").sent_version);
  EXPECT_EQ(one.StatusOf("c").sent_version.size(), 32u);
  one.Run("ack c");
  one.Run("config c/a=1 c/b=2");
  EXPECT_NE(one.StatusOf("c").sent_version, other.StatusOf("c").sent_version);
}

TEST(SotwRules, ARefusalThatNamesNothingMarksAllThatWasNew) {
  Script script(Variant::kSotw);
  script.Run("config e/a=1 e/b=1 e/c=1");
  script.Run("e a b c");
  script.Run("ack e");
  script.Run("config e/a=2 e/b=2 e/c=1");
  script.Run("nack e something is wrong");
  EXPECT_EQ(script.StatusOf("e").nack->resources, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(script.Run("config e/a=2 e/b=3 e/c=1"), "e{b=3}");
}

}  // namespace
}  // namespace weir::control::engine
