#include "test/sim/invariants.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// One tunnel, whose client has said all, and was answered, at the beginning.
class TunnelTailTest : public testing::Test {
 protected:
  TunnelTailTest() {
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

TEST_F(TunnelTailTest, IsWaitedForAsLongAsItMoves) {
  for (int i = 0; i < 10; ++i) {
    loop_.RunFor(seconds(4));
    EXPECT_FALSE(IsOver()) << i;
    Move(300);
  }
  tunnel().request_whole = true;
  EXPECT_TRUE(IsOver());
  EXPECT_TRUE(Failures().empty());
}

TEST_F(TunnelTailTest, IsLostWhenItStandsStill) {
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
TEST_F(TunnelTailTest, StandsStillFromTheHealingOn) {
  loop_.RunFor(seconds(20));
  EXPECT_FALSE(TunnelsAreOver(scene_, loop_.Now()));
}

TEST_F(TunnelTailTest, MayBeLostToAFaultWhileItMoves) {
  loop_.RunFor(seconds(20));
  Move(300);
  scene_.faults.Add(false, loop_.Now() + seconds(1), loop_.Now() + seconds(2));
  loop_.RunFor(seconds(10));
  EXPECT_TRUE(Failures().empty());
}

TEST_F(TunnelTailTest, IsNotExcusedByAFaultAfterItStoodStill) {
  Move(300);
  loop_.RunFor(seconds(10));
  scene_.faults.Add(false, loop_.Now(), loop_.Now() + seconds(1));
  EXPECT_EQ(Failures().size(), 1u);
}

}  // namespace
}  // namespace weir::sim
