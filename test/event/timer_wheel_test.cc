#include "source/event/timer_wheel.h"

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "source/event/random.h"
#include "test/fakes/sim_loop.h"

namespace weir::event {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

// A loop that is nothing but a wheel and a clock that the test moves.
class WheelLoop final : public Loop {
 public:
  MonotonicTime Now() const override { return now; }
  SystemTime WallNow() const override { return {}; }
  void Arm(Timer& timer, Duration delay) override { wheel.Arm(timer, now, delay); }
  void Disarm(Timer& timer) override { wheel.Disarm(timer); }
  void Post(std::function<void()>) override {}
  void AtTurnEnd(TurnEndTask&) override {}
  void DeferDelete(std::unique_ptr<DeferredDeletable>) override {}

  size_t MoveTo(Duration since_start) {
    now = MonotonicTime(since_start);
    return wheel.Advance(now);
  }

  MonotonicTime now{};
  TimerWheel wheel{MonotonicTime{}};
};

TEST(TimerWheel, FiresAtItsTimeAndNotBefore) {
  for (const Duration delay :
       {Duration(milliseconds(1)), Duration(milliseconds(63)), Duration(milliseconds(64)),
        Duration(milliseconds(65)), Duration(milliseconds(4096)), Duration(hours(1)),
        Duration(hours(50)), Duration(hours(24 * 1000)), Duration(hours(24 * 20000))}) {
    WheelLoop loop;
    int fired = 0;
    Timer timer(loop, [&] { ++fired; });
    timer.Enable(delay);
    EXPECT_EQ(loop.MoveTo(delay - milliseconds(1)), 0u);
    EXPECT_TRUE(timer.enabled());
    EXPECT_EQ(loop.MoveTo(delay), 1u);
    EXPECT_EQ(fired, 1);
    EXPECT_FALSE(timer.enabled());
  }
}

TEST(TimerWheel, AFractionOfATickIsRoundedUp) {
  WheelLoop loop;
  loop.MoveTo(microseconds(300));
  Timer timer(loop, [] {});
  timer.Enable(microseconds(1));
  EXPECT_EQ(loop.MoveTo(microseconds(999)), 0u);
  EXPECT_EQ(loop.MoveTo(microseconds(1000)), 1u);
}

TEST(TimerWheel, NoDelayFiresInTheNextTurnAndNotInThisOne) {
  WheelLoop loop;
  int fired = 0;
  Timer timer(loop, [&] {
    if (++fired < 3) timer.Enable(Duration::zero());
  });
  timer.Enable(Duration::zero());
  EXPECT_EQ(*loop.wheel.NextDue(), loop.now);
  EXPECT_EQ(loop.MoveTo(Duration::zero()), 1u);
  EXPECT_EQ(loop.MoveTo(Duration::zero()), 1u);
  EXPECT_EQ(fired, 2);
}

TEST(TimerWheel, EnablingMovesAndDisablingCancels) {
  WheelLoop loop;
  int fired = 0;
  Timer timer(loop, [&] { ++fired; });
  timer.Enable(milliseconds(10));
  timer.Enable(milliseconds(100));
  EXPECT_EQ(loop.wheel.size(), 1u);
  loop.MoveTo(milliseconds(50));
  EXPECT_EQ(fired, 0);
  timer.Disable();
  EXPECT_EQ(loop.wheel.size(), 0u);
  EXPECT_FALSE(loop.wheel.NextDue().has_value());
  loop.MoveTo(milliseconds(200));
  EXPECT_EQ(fired, 0);
}

TEST(TimerWheel, ATimerMayDestroyOneThatIsDueInTheSameTick) {
  WheelLoop loop;
  auto victim = std::make_unique<Timer>(loop, [] { ADD_FAILURE() << "fired after its death"; });
  Timer killer(loop, [&] { victim.reset(); });
  killer.Enable(milliseconds(5));
  victim->Enable(milliseconds(5));
  EXPECT_EQ(loop.MoveTo(milliseconds(5)), 1u);
}

TEST(TimerWheel, TimersOutliveTheWheelUnarmed) {
  auto loop = std::make_unique<WheelLoop>();
  Timer timer(*loop, [] {});
  timer.Enable(milliseconds(5));
  loop.reset();
  EXPECT_FALSE(timer.enabled());
}

TEST(TimerWheel, NextDueIsExactForFewTimers) {
  WheelLoop loop;
  Timer near(loop, [] {}), far(loop, [] {});
  far.Enable(hours(30));
  EXPECT_EQ(*loop.wheel.NextDue(), MonotonicTime(hours(30)));
  near.Enable(milliseconds(777));
  EXPECT_EQ(*loop.wheel.NextDue(), MonotonicTime(milliseconds(777)));
  // A cancelled timer costs one turn at its time, and then is forgotten.
  near.Disable();
  EXPECT_EQ(*loop.wheel.NextDue(), MonotonicTime(milliseconds(777)));
  EXPECT_EQ(loop.MoveTo(milliseconds(777)), 0u);
  EXPECT_EQ(*loop.wheel.NextDue(), MonotonicTime(hours(30)));
}

// Random timers against a sorted map: each fires in the first advance at or after its time, in
// order, and NextDue is never late.
TEST(TimerWheel, AgreesWithASortedMap) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    WheelLoop loop;
    std::vector<std::unique_ptr<Timer>> timers;
    std::map<size_t, int64_t> due;  // Timer to its due tick.
    std::vector<size_t> fired;
    for (size_t i = 0; i < 100; ++i) {
      timers.push_back(std::make_unique<Timer>(loop, [&fired, i] { fired.push_back(i); }));
    }
    int64_t now = 0;
    for (int step = 0; step < 2000; ++step) {
      const size_t i = random.Below(timers.size());
      if (random.Below(4) == 0) {
        timers[i]->Disable();
        due.erase(i);
      } else {
        const auto delay = static_cast<int64_t>(1 + random.Below(uint64_t{1} << random.Below(24)));
        timers[i]->Enable(milliseconds(delay));
        due[i] = now + delay;
      }
      ASSERT_EQ(loop.wheel.size(), due.size());
      if (step % 3 != 0) continue;
      now += static_cast<int64_t>(random.Below(uint64_t{1} << random.Below(22)));
      int64_t first = INT64_MAX;
      for (const auto& [timer, tick] : due) first = std::min(first, tick);
      if (!due.empty()) {
        ASSERT_LE(*loop.wheel.NextDue(), MonotonicTime(milliseconds(first)));
      }
      fired.clear();
      loop.MoveTo(milliseconds(now));
      for (size_t f = 1; f < fired.size(); ++f) ASSERT_LE(due[fired[f - 1]], due[fired[f]]);
      for (size_t timer : fired) {
        ASSERT_LE(due[timer], now) << "seed " << seed;
        due.erase(timer);
      }
      for (const auto& [timer, tick] : due) ASSERT_GT(tick, now) << "seed " << seed;
    }
  }
}

TEST(TimerWheel, SleepingUntilNextDueTakesFewTurns) {
  fakes::SimLoop loop;
  int fired = 0;
  Timer timer(loop, [&] {
    if (++fired < 100) timer.Enable(std::chrono::seconds(61));
  });
  timer.Enable(std::chrono::seconds(61));
  EXPECT_TRUE(loop.RunUntilIdle(hours(3)));
  EXPECT_EQ(fired, 100);
  EXPECT_EQ(loop.turns(), 100u);
}

}  // namespace
}  // namespace weir::event
