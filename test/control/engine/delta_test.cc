// The rules of the incremental variant, one row or more a rule.
#include <gtest/gtest.h>

#include "test/control/engine/script.h"

namespace weir::control::engine {
namespace {

const std::vector<Row> kRows = {
    {"D1",
     "the first request says what the client holds: differences and removals are the answer",
     {{"config r/a=1 r/b=2", ""}, {"r +a +b +c init:a=1 init:b=1 init:c=1", "r{b=2 -c}"}}},
    {"D1",
     "what it may not see is removed",
     {{"config r/a=1", ""}, {"r +a init:a=1 init:z=1", "r{-z}"}}},
    {"D1",
     "for a wildcard too; clusters that are gone stay until routes have moved",
     {{"config c/a=1 c/b=2", ""},
      {"c init:a=1 init:b=1 init:z=1", "c{b=2}"},
      {"ack c", "c{-z}"},
      {"ack c", ""}}},
    {"D1",
     "a later request's claim is not honoured",
     {{"config e/a=1 e/b=1", ""}, {"e +a", "e{a=1}"}, {"ack e", ""}, {"e +b init:b=1", "e{b=1}"}}},
    {"D2",
     "a subscription counts though the nonce is stale",
     {{"config e/a=1 e/b=1", ""}, {"e +a", "e{a=1}"}, {"stale e +b", ""}, {"ack e", "e{b=1}"}}},
    {"D3",
     "a request without a nonce is no acknowledgement",
     {{"config e/a=1 e/b=1", ""}, {"e +a", "e{a=1}"}, {"e +b", ""}, {"ack e", "e{b=1}"}}},
    {"D4",
     "a name subscribed again is answered",
     {{"config e/a=1", ""}, {"e +a", "e{a=1}"}, {"ack e", ""}, {"e +a", "e{a=1}"}}},
    {"D4",
     "also when it does not exist",
     {{"config", ""}, {"e +a", "e{-a}"}, {"ack e", ""}, {"e +a", "e{-a}"}}},
    {"D5",
     "but not in the first request, with its version",
     {{"config e/a=1 e/b=1", ""}, {"e +a +b init:a=1 init:b=1", ""}, {"e +a", "e{a=1}"}}},
    {"D6",
     "unsubscribing needs no answer, of an unknown name neither",
     {{"config e/a=1", ""},
      {"e +a", "e{a=1}"},
      {"ack e", ""},
      {"e -a", ""},
      {"e -ghost", ""},
      {"config e/a=2", ""}}},
    {"D6",
     "a name beside a wildcard is answered: it may still be there",
     {{"config c/a=1 c/b=1", ""}, {"c +* +a", "c{a=1 b=1}"}, {"ack c", ""}, {"c -a", "c{a=1}"}}},
    {"D6",
     "or not",
     {{"config c/b=1", ""}, {"c +* +a", "c{b=1 -a}"}, {"ack c", ""}, {"c -a", "c{-a}"}}},
    {"D7", "no names in the first request is everything", {{"config c/a=1", ""}, {"c", "c{a=1}"}}},
    {"D7", "for listeners and clusters alone", {{"config e/a=1", ""}, {"e", ""}}},
    {"D7", "a star is everything for every type", {{"config e/a=1", ""}, {"e +*", "e{a=1}"}}},
    {"D7",
     "a name added to the legacy wildcard keeps it",
     {{"config c/a=1 c/b=1", ""},
      {"c", "c{a=1 b=1}"},
      {"ack c", ""},
      {"c +a", "c{a=1}"},
      {"ack c", ""},
      {"config c/a=1 c/b=2", "c{b=2}"}}},
    {"D7",
     "only unsubscribing the star ends it",
     {{"config c/a=1 c/b=1", ""},
      {"c", "c{a=1 b=1}"},
      {"ack c", ""},
      {"c +a", "c{a=1}"},
      {"ack c", ""},
      {"c -*", ""},
      {"config c/a=1 c/b=2", ""},
      {"config c/a=2 c/b=2", "c{a=2}"}}},
    {"D7",
     "after a name, nothing subscribed is nothing",
     {{"config c/a=1 c/b=1", ""},
      {"c +a", "c{a=1}"},
      {"ack c", ""},
      {"c -a", ""},
      {"config c/a=2 c/b=2", ""}}},
    {"D8",
     "a name that does not exist is removed at once, and sent when it appears",
     {{"config", ""},
      {"e +a", "e{-a}"},
      {"ack e", ""},
      {"config e/a=1", "e{a=1}"},
      {"ack e", ""},
      {"config", "e{-a}"},
      {"ack e", ""},
      {"config e/a=1", "e{a=1}"}}},
    {"D9",
     "the first wildcard request with nothing to send gets an empty response",
     {{"config", ""}, {"c", "c{}"}, {"ack c", ""}, {"l", "l{}"}}},
    {"D10",
     "a name is never in both lists",
     {{"config e/a=1 e/b=1", ""},
      {"e +a +b", "e{a=1 b=1}"},
      {"config e/b=2", ""},
      {"config e/a=1 e/b=2", ""},
      {"ack e", "e{b=2}"}}},
    {"D11",
     "after a refusal the good resources are not sent again, the bad one when it changes",
     {{"config e/a=1 e/b=1", ""},
      {"e +a +b", "e{a=1 b=1}"},
      {"nack e endpoint b: bad port", ""},
      {"config e/a=1 e/b=2", "e{b=2}"}}},
    {"D11",
     "a way back to what was accepted is sent: what the client has is unknown",
     {{"config e/a=1", ""},
      {"e +a", "e{a=1}"},
      {"ack e", ""},
      {"config e/a=2", "e{a=2}"},
      {"nack e a is bad", ""},
      {"config e/a=1", "e{a=1}"}}},
    {"S12",
     "endpoints follow their cluster in this variant too",
     {{"config c/a=1>a e/a=1", ""},
      {"c", "c{a=1}"},
      {"ack c", ""},
      {"e +a", "e{a=1}"},
      {"ack e", ""},
      {"config c/a=2>a e/a=1", "c{a=2} e{a=1}"}}},
    {"S12",
     "also when a returning client says that it holds them",
     {{"config c/a=2>a e/a=1", ""}, {"c init:a=1", "c{a=2}"}, {"e +a init:a=1", "e{a=1}"}}},
    {"C5",
     "one response is outstanding; newer states wait and are sent as one",
     {{"config c/a=1", ""},
      {"c", "c{a=1}"},
      {"config c/a=2", ""},
      {"config c/a=2 c/b=1", ""},
      {"ack c", "c{a=2 b=1}"}}},
    {"C6",
     "refused bytes are not sent again",
     {{"config l/a=1", ""},
      {"l", "l{a=1}"},
      {"nack l a is bad", ""},
      {"config l/a=1 l/b=1", "l{b=1}"},
      {"ack l", ""},
      {"retry", "l{a=1}"}}},
    {"V1",
     "a client that has everything is sent nothing it has",
     {{"config c/a=1 l/x=1", ""}, {"c init:a=1", "c{}"}, {"ack c", ""}, {"l init:x=1", "l{}"}}},
};

TEST(DeltaRules, Table) {
  for (const Row& row : kRows) RunRow(Variant::kDelta, row);
}

TEST(DeltaRules, D11StatusSaysWhatIsUnknown) {
  Script script(Variant::kDelta);
  script.Run("config e/a=1 e/b=1");
  script.Run("e +a +b +missing");
  script.Run("ack e");
  const std::string accepted = script.StatusOf("e").acked_version;
  script.Run("config e/a=2 e/b=1");
  script.Run("nack e bad: a");
  const TypeStatus status = script.StatusOf("e");
  EXPECT_EQ(status.acked_version, accepted);
  ASSERT_TRUE(status.nack.has_value());
  EXPECT_EQ(status.nack->version, status.sent_version);
  EXPECT_NE(status.nack->version, accepted);
  EXPECT_EQ(status.nack->resources, std::vector<std::string>{"a"});
  EXPECT_EQ(status.missing, std::vector<std::string>{"missing"});
  EXPECT_EQ(status.subscribed, 3u);
  EXPECT_EQ(status.known, 2u);
}

TEST(DeltaRules, ARefusalWithAStaleNonceIsNotOne) {
  Script script(Variant::kDelta);
  script.Run("config e/a=1");
  script.Run("e +a");
  script.Run("stale e");
  EXPECT_TRUE(script.StatusOf("e").waiting);
  EXPECT_FALSE(script.StatusOf("e").nack.has_value());
}

}  // namespace
}  // namespace weir::control::engine
