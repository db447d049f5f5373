// Make before break: the phases in which a change reaches a client.
#include <gtest/gtest.h>

#include "test/control/engine/script.h"

namespace weir::control::engine {
namespace {

constexpr std::string_view kOld = "config c/old=1>old e/old=1 r/x=old l/web=1>x";
constexpr std::string_view kNew = "config c/new=1>new e/new=1 r/x=new l/web=1>x";

// Both variants, each with its own way to say the same.
struct Case {
  Variant variant;
  std::string_view endpoints_old, routes, endpoints_both;
  std::string_view clusters_made, clusters_clean;
};
const Case kSotw = {Variant::kSotw, "e old", "r x", "e new old", "c{new=1 old=1}", "c{new=1}"};
const Case kDelta = {Variant::kDelta, "e +old", "r +x", "e +new", "c{new=1}", "c{-old}"};

Script Settled(const Case& c) {
  Script script(c.variant);
  script.Run(kOld);
  EXPECT_EQ(script.Run("c"), "c{old=1}");
  script.Run("ack c");
  EXPECT_EQ(script.Run(c.endpoints_old), "e{old=1}");
  script.Run("ack e");
  EXPECT_EQ(script.Run("l"), "l{web=1}");
  script.Run("ack l");
  EXPECT_EQ(script.Run(c.routes), "r{x=old}");
  EXPECT_EQ(script.Run("ack r"), "");
  EXPECT_EQ(script.Status().phase, Phase::kSettled);
  return script;
}

TEST(Rollout, NewClustersComeBeforeRoutesAndOldOnesGoAfter) {
  for (const Case& c : {kSotw, kDelta}) {
    Script script = Settled(c);
    EXPECT_EQ(script.Run(kNew), c.clusters_made);
    EXPECT_EQ(script.Run("ack c"), "");
    EXPECT_EQ(script.Status().phase, Phase::kMake);
    EXPECT_EQ(script.Run(c.endpoints_both), "e{new=1}");
    EXPECT_EQ(script.Run("ack e"), "r{x=new}");
    EXPECT_EQ(script.Status().phase, Phase::kSwitch);
    const std::string removals = script.Run("ack r");
    EXPECT_TRUE(removals.starts_with(c.clusters_clean)) << removals;
    EXPECT_EQ(script.Status().phase, Phase::kClean);
    script.Run("ack c");
    if (c.variant == Variant::kDelta) script.Run("ack e");
    EXPECT_EQ(script.Status().phase, Phase::kSettled);
    EXPECT_FALSE(script.Status().stuck);
  }
}

TEST(Rollout, EachPhaseHasItsOwnVersion) {
  Script script = Settled(kSotw);
  script.Run(kNew);
  const std::string made = script.StatusOf("c").sent_version;
  script.Run("ack c");
  script.Run("e new old");
  script.Run("ack e");
  script.Run("ack r");
  EXPECT_NE(script.StatusOf("c").sent_version, made);
  EXPECT_EQ(script.StatusOf("c").sent_version,
            SnapshotOf(kNew, nullptr)->Find(kClusterType)->version().Hex());
}

TEST(Rollout, ANewerGenerationInTheMiddleStartsAgainWithWhatWasSent) {
  Script script = Settled(kSotw);
  EXPECT_EQ(script.Run(kNew), "c{new=1 old=1}");
  EXPECT_EQ(script.Run("config c/third=1 r/x=third l/web=1>x"), "");
  EXPECT_EQ(script.Run("ack c"), "c{new=1 old=1 third=1}");
  EXPECT_EQ(script.Run("ack c"), "r{x=third}");
  EXPECT_EQ(script.Run("ack r"), "c{third=1}");
}

TEST(Rollout, EndpointsNeverWaitForAPhase) {
  Script script = Settled(kSotw);
  script.Run(kNew);
  script.Run("ack c");
  EXPECT_EQ(script.Run("config c/new=1>new e/new=2 e/old=9 r/x=new l/web=1>x"), "e{old=9}");
}

// A stream of endpoint changes, each before the last was accepted, must not keep routes from
// moving.
TEST(Rollout, EndlessEndpointChangesDoNotHoldRoutesUp) {
  Script script(Variant::kSotw);
  script.Run("config c/a=1>a e/a=0 r/x=1");
  script.Run("c");
  script.Run("ack c");
  script.Run("e a");
  script.Run("ack e");
  script.Run("r x");
  script.Run("ack r");
  std::string answers = script.Run("config c/a=1>a e/a=1 r/x=2");
  for (int i = 2; i < 10 && answers.find("r{") == std::string::npos; ++i) {
    script.Run("time 1");
    answers += script.Run("config c/a=1>a e/a=" + std::to_string(i) + " r/x=2");
    answers += script.Run("ack e");
  }
  EXPECT_NE(answers.find("r{x=2}"), std::string::npos) << answers;
}

TEST(Rollout, APhaseThatIsNotAnsweredIsStuckAndRemovesNothing) {
  Script script = Settled(kSotw);
  script.Run(kNew);
  EXPECT_EQ(script.Run("time 14"), "");
  EXPECT_FALSE(script.Status().stuck);
  EXPECT_EQ(script.Run("time 1"), "");
  EXPECT_TRUE(script.Status().stuck);
  EXPECT_EQ(script.Status().stuck_why, "phase make: no answer in time");
  // A late answer takes it on.
  script.Run("ack c");
  script.Run("e new old");
  EXPECT_EQ(script.Run("ack e"), "r{x=new}");
  EXPECT_FALSE(script.Status().stuck);
  script.Run("time 15");
  EXPECT_EQ(script.Status().stuck_why, "phase switch: no answer in time");
  EXPECT_EQ(script.Run("ack r"), "c{new=1}");
}

TEST(Rollout, ARefusalStopsThePhaseUntilItIsMended) {
  Script script = Settled(kSotw);
  script.Run(kNew);
  EXPECT_EQ(script.Run("nack c new: bad policy"), "");
  EXPECT_TRUE(script.Status().stuck);
  EXPECT_EQ(script.Status().stuck_why, "phase make: refused by the client");
  EXPECT_EQ(script.Run("time 60"), "");
  EXPECT_EQ(script.Run("config c/new=2>new e/new=1 r/x=new l/web=1>x"), "c{new=2 old=1}");
  script.Run("ack c");
  script.Run("e new old");
  EXPECT_EQ(script.Run("ack e"), "r{x=new}");
  EXPECT_EQ(script.Run("nack r x: bad"), "");
  EXPECT_EQ(script.Status().stuck_why, "phase switch: refused by the client");
  // All that it takes to go back is there still.
  EXPECT_EQ(script.Run(kOld), "r{x=old}");
  EXPECT_EQ(script.Run("ack r"), "c{old=1}");
}

TEST(Rollout, AStuckStreamStillAnswersWhatIsAskedFor) {
  Script script = Settled(kSotw);
  script.Run("config c/bad=1 c/old=1>old e/old=1 e/more=1 r/x=old r/y=1 l/web=1>x");
  script.Run("nack c bad: no");
  EXPECT_EQ(script.Run("r x y"), "r{y=1}");
  script.Run("ack r");
  EXPECT_EQ(script.Run("e old more"), "e{more=1}");
}

TEST(Rollout, AClientThatNeverAsksForEndpointsIsNotWaitedForForever) {
  Script script(Variant::kSotw);
  script.Run("config r/x=1");
  script.Run("c");
  script.Run("ack c");
  script.Run("r x");
  script.Run("ack r");
  script.Run("config c/a=1>a e/a=1 r/x=2");
  EXPECT_EQ(script.Run("ack c"), "");
  EXPECT_EQ(script.Run("time 15"), "r{x=2}");
}

TEST(Rollout, AReturningClientKeepsItsClustersUntilItsRoutesHaveMoved) {
  Script script = Settled(kSotw);
  const std::string version = script.StatusOf("c").acked_version;
  script.Run("reconnect");
  script.Run(kNew);
  EXPECT_EQ(script.Run("c version:" + version), "c{new=1 old=1}");
  EXPECT_EQ(script.Run("r x version:anything"), "");
  script.Run("ack c");
  EXPECT_EQ(script.Run("e new old"), "e{new=1}");
  EXPECT_EQ(script.Run("ack e"), "r{x=new}");
  EXPECT_EQ(script.Run("ack r"), "c{new=1}");
}

// It has no version to name, and routes to what it took of the answer that it refused.
TEST(Rollout, AReturningClientThatNeverAcceptedAWholeAnswerKeepsItsClustersToo) {
  Script script(Variant::kSotw);
  script.Run("config c/bad=1>bad c/old=1>old e/old=1 r/x=old l/web=1>x");
  EXPECT_EQ(script.Run("c"), "c{bad=1 old=1}");
  script.Run("nack c bad: no");
  EXPECT_EQ(script.Run("e bad old"), "e{old=1}");
  script.Run("ack e");
  EXPECT_EQ(script.Run("l"), "l{web=1}");
  script.Run("ack l");
  EXPECT_EQ(script.Run("r x"), "r{x=old}");
  script.Run("ack r");
  script.Run("reconnect");
  script.Run(kNew);
  EXPECT_EQ(script.Run("c"), "c{new=1 old=1}");
  EXPECT_EQ(script.Run("r x version:anything"), "");
  script.Run("ack c");
  script.Run("e new old");
  EXPECT_EQ(script.Run("ack e"), "r{x=new}");
  EXPECT_EQ(script.Run("ack r"), "c{new=1}");
}

// What stays for old routes alone may be wanted again before they have moved.
TEST(Rollout, AClusterThatComesBackInTheMiddleHasItsEndpointsWaitedFor) {
  Script script = Settled(kSotw);
  const std::string version = script.StatusOf("c").acked_version;
  script.Run("config c/third=1>third e/third=1 r/x=third l/web=1>x");
  script.Run(kNew);
  script.Run("reconnect");
  EXPECT_EQ(script.Run("c version:" + version), "c{new=1 old=1 third=1}");
  script.Run("r x version:anything");
  script.Run("config c/third=1>third e/third=1 r/x=third l/web=1>x");
  EXPECT_EQ(script.Run("ack c"), "");
  script.Run("e third");
  EXPECT_EQ(script.Run("ack e"), "r{x=third}");
}

TEST(Rollout, AReturningDeltaClientKeepsThemToo) {
  Script script(Variant::kDelta);
  script.Run(kNew);
  EXPECT_EQ(script.Run("c init:old=1"), "c{new=1}");
  EXPECT_EQ(script.Run("r +x init:x=old"), "");
  script.Run("ack c");
  script.Run("e +new +old init:old=1");
  EXPECT_EQ(script.Run("ack e"), "r{x=new}");
  EXPECT_EQ(script.Run("ack r"), "c{-old} e{-old}");
}

TEST(Rollout, AReturningClientGetsNoRoutesWhoseClustersItRefused) {
  Script script(Variant::kDelta);
  script.Run("config c/a=2 r/x=2");
  script.Run("c init:a=1");
  EXPECT_EQ(script.Run("r +x init:x=1"), "");
  EXPECT_EQ(script.Run("nack c a is bad"), "");
  EXPECT_TRUE(script.Status().stuck);
  EXPECT_EQ(script.Run("config c/a=3 r/x=2"), "c{a=3}");
  EXPECT_EQ(script.Run("ack c"), "r{x=2}");
}

TEST(Rollout, AReturningClientThatDoesNotAnswerGetsItsRoutesInTheEnd) {
  Script script(Variant::kDelta);
  script.Run("config c/a=2 r/x=2");
  script.Run("c init:a=1");
  EXPECT_EQ(script.Run("r +x init:x=1"), "");
  EXPECT_EQ(script.Run("time 15"), "r{x=2}");
}

TEST(Rollout, AProxylessClientIsAnsweredInItsOwnOrder) {
  Script script(Variant::kSotw);
  script.Run("config l/svc=1>rt r/rt=1>cl c/cl=1>cl e/cl=1");
  EXPECT_EQ(script.Run("l svc"), "l{svc=1}");
  script.Run("ack l");
  EXPECT_EQ(script.Run("r rt"), "r{rt=1}");
  script.Run("ack r");
  EXPECT_EQ(script.Run("c cl"), "c{cl=1}");
  script.Run("ack c");
  EXPECT_EQ(script.Run("e cl"), "e{cl=1}");
  script.Run("ack e");
  EXPECT_EQ(script.Run("config l/svc=1>rt r/rt=2>cl c/cl=1>cl e/cl=2"), "e{cl=2}");
  EXPECT_EQ(script.Run("ack e"), "r{rt=2}");
  script.Run("ack r");
  EXPECT_EQ(script.Status().phase, Phase::kSettled);
}

TEST(Rollout, SecretsGoFirst) {
  Script script(Variant::kDelta);
  script.Run("config s/cert=1 c/a=1 l/x=1");
  script.Run("c");
  script.Run("ack c");
  script.Run("l");
  script.Run("ack l");
  script.Run("s +cert");
  script.Run("ack s");
  EXPECT_EQ(script.Run("config s/cert=2 c/a=2 l/x=2"), "s{cert=2} c{a=2}");
}

}  // namespace
}  // namespace weir::control::engine
