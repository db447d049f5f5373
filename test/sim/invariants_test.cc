#include "test/sim/invariants.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "test/sim/checks.h"
#include "test/sim/mark.h"

namespace weir::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One tunnel, whose client has said all, and was answered, at the beginning.
class InvariantsTest : public testing::Test {
 protected:
  InvariantsTest() {
    Exchange tunnel;
    tunnel.id = 1;
    tunnel.tunnel = Tunnel::kUpgrade;
    tunnel.status = Exchange::kGrants;
    tunnel.request.size = 3000;
    tunnel.outcome = Outcome::kAnswered;
    tunnel.sent_at = tunnel.ended_at = start_;
    plan_.exchanges.push_back(tunnel);
  }

  Exchange& tunnel() { return plan_.exchanges[0]; }
  bool IsOver() const { return TunnelsAreOver(scene_, start_); }
  void Move(uint64_t bytes) {
    tunnel().request_bytes_seen += bytes;
    tunnel().request_moved_at = loop_.Now();
  }
  std::vector<std::string> Failures() {
    CheckOutcomes(scene_);
    return journal_.failures();
  }

  fakes::SimLoop loop_;
  fakes::SimNetwork network_{loop_};
  buffer::BlockPool blocks_;
  Plan plan_;
  Journal journal_{loop_};
  Scene scene_{loop_, network_, blocks_, plan_, journal_, {}, {}, {}};
  const event::MonotonicTime start_ = loop_.Now();
};

TEST_F(InvariantsTest, ATailIsWaitedForAsLongAsItMoves) {
  for (int i = 0; i < 10; ++i) {
    loop_.RunFor(seconds(4));
    EXPECT_FALSE(IsOver()) << i;
    Move(300);
  }
  tunnel().request_whole = true;
  EXPECT_TRUE(IsOver());
  EXPECT_TRUE(Failures().empty());
}

TEST_F(InvariantsTest, ATailIsLostWhenItStandsStill) {
  loop_.RunFor(seconds(20));
  Move(300);
  loop_.RunFor(milliseconds(4999));
  EXPECT_FALSE(IsOver());
  loop_.RunFor(milliseconds(1));
  EXPECT_TRUE(IsOver());
  const std::vector<std::string> failures = Failures();
  ASSERT_EQ(failures.size(), 1u);
  EXPECT_TRUE(failures[0].ends_with("not passed on, but 300 of 3000 bytes")) << failures[0];
}

// What a cut held back gets its time from when the network is healed.
TEST_F(InvariantsTest, ATailStandsStillFromTheHealingOn) {
  loop_.RunFor(seconds(20));
  EXPECT_FALSE(TunnelsAreOver(scene_, loop_.Now()));
}

TEST_F(InvariantsTest, ATailMayBeLostToAFaultWhileItMoves) {
  loop_.RunFor(seconds(20));
  Move(300);
  scene_.faults.Add(false, loop_.Now() + seconds(1), loop_.Now() + seconds(2));
  loop_.RunFor(seconds(10));
  EXPECT_TRUE(Failures().empty());
}

TEST_F(InvariantsTest, ATailMayBeLostToAFaultBetweenItsClientAndTheProxy) {
  scene_.faults.Add(true, loop_.Now(), loop_.Now() + seconds(1));
  loop_.RunFor(seconds(20));
  EXPECT_TRUE(Failures().empty());
}

TEST_F(InvariantsTest, ATailIsNotExcusedByAFaultAfterItStoodStill) {
  Move(300);
  loop_.RunFor(seconds(10));
  scene_.faults.Add(false, loop_.Now(), loop_.Now() + seconds(1));
  EXPECT_EQ(Failures().size(), 1u);
}

TEST_F(InvariantsTest, TheRunGoesOnAsLongAsAnythingMoves) {
  for (int i = 0; i < 3; ++i) {
    loop_.RunFor(milliseconds(119999));
    EXPECT_FALSE(StandsStill(scene_, start_)) << i;
    scene_.moved_at = loop_.Now();
  }
  loop_.RunFor(seconds(120));
  EXPECT_TRUE(StandsStill(scene_, start_));
  EXPECT_FALSE(StandsStill(scene_, loop_.Now()));
}

// The parts of a request and its answer, as both ends see them.
TEST_F(InvariantsTest, TheRunMovesWithWhatComesToEitherEnd) {
  const auto moves = [this](const std::function<void()>& what) {
    loop_.RunFor(seconds(1));
    what();
    return scene_.moved_at == loop_.Now();
  };
  std::optional<RequestCheck> request;
  EXPECT_TRUE(moves([&] { request.emplace(scene_, tunnel(), 0, 0); }));
  EXPECT_TRUE(moves([&] { request->Body(Mark(1, Direction::kRequest).Bytes(0, 10)); }));
  AnswerCheck answer(scene_, tunnel());
  EXPECT_TRUE(moves([&] { answer.Begin({.status = Exchange::kGrants}); }));
  EXPECT_TRUE(moves([&] { answer.Body(Mark(1, Direction::kAnswer).Bytes(0, 10)); }));
  EXPECT_TRUE(moves([&] { EndExchange(scene_, tunnel(), Outcome::kCut, "by the network"); }));
  EXPECT_FALSE(moves([] {}));
}

}  // namespace
}  // namespace weir::sim
