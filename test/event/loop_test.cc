// What every Loop does, for the one over the kernel and the one in virtual time; then what is
// EpollLoop's.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "source/event/epoll_loop.h"
#include "source/event/random.h"
#include "test/fakes/sim_loop.h"

namespace weir::event {
namespace {

using std::chrono::milliseconds;

// One loop of either kind, turned by the test.
class TurnedLoop {
 public:
  virtual ~TurnedLoop() = default;
  virtual Loop& loop() = 0;
  // One turn that does not wait.
  virtual void Turn() = 0;
};

class TurnedEpoll final : public TurnedLoop {
 public:
  Loop& loop() override { return *loop_; }
  void Turn() override { loop_->RunOnce(Duration::zero()); }

 private:
  SystemClock clock_;
  std::unique_ptr<EpollLoop> loop_ = *EpollLoop::Create(clock_);
};

class TurnedSim final : public TurnedLoop {
 public:
  Loop& loop() override { return loop_; }
  void Turn() override { loop_.RunTurn(); }

 private:
  fakes::SimLoop loop_;
};

template <typename T>
class EveryLoop : public ::testing::Test {
 protected:
  Loop& loop() { return turned_.loop(); }
  void Turn() { turned_.Turn(); }
  T turned_;
};
using Loops = ::testing::Types<TurnedEpoll, TurnedSim>;
TYPED_TEST_SUITE(EveryLoop, Loops);

struct Mourned final : DeferredDeletable {
  explicit Mourned(std::function<void()> dies) : dies_(std::move(dies)) {}
  ~Mourned() override { dies_(); }
  std::function<void()> dies_;
};

TYPED_TEST(EveryLoop, PostsRunInOrderInALaterTurn) {
  std::vector<int> ran;
  this->loop().Post([&] {
    ran.push_back(1);
    this->loop().Post([&] { ran.push_back(3); });
  });
  this->loop().Post([&] { ran.push_back(2); });
  EXPECT_TRUE(ran.empty());
  this->Turn();
  EXPECT_EQ(ran, (std::vector<int>{1, 2}));
  this->Turn();
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3}));
}

TYPED_TEST(EveryLoop, TheTurnEndsWithTasksThenDeaths) {
  std::vector<std::string> order;
  TurnEndTask flush([&] { order.push_back("flush"); });
  this->loop().Post([&] {
    this->loop().DeferDelete(std::make_unique<Mourned>([&] { order.push_back("death"); }));
    this->loop().AtTurnEnd(flush);
    this->loop().AtTurnEnd(flush);
    order.push_back("post");
  });
  this->Turn();
  EXPECT_EQ(order, (std::vector<std::string>{"post", "flush", "death"}));
}

TYPED_TEST(EveryLoop, ATaskThatQueuesItselfRunsOnceATurn) {
  int runs = 0;
  TurnEndTask* self = nullptr;
  TurnEndTask task([&] {
    if (++runs < 3) this->loop().AtTurnEnd(*self);
  });
  self = &task;
  this->loop().AtTurnEnd(task);
  this->Turn();
  EXPECT_EQ(runs, 1);
  this->Turn();
  EXPECT_EQ(runs, 2);
}

TYPED_TEST(EveryLoop, ATaskMayDestroyAnotherOne) {
  auto victim = std::make_unique<TurnEndTask>([] { ADD_FAILURE() << "ran after its death"; });
  TurnEndTask killer([&] { victim.reset(); });
  this->loop().AtTurnEnd(killer);
  this->loop().AtTurnEnd(*victim);
  this->Turn();
  EXPECT_EQ(victim, nullptr);
}

TYPED_TEST(EveryLoop, WhatDiesMayDeferOthers) {
  int deaths = 0;
  this->loop().DeferDelete(std::make_unique<Mourned>([&] {
    ++deaths;
    this->loop().DeferDelete(std::make_unique<Mourned>([&] { ++deaths; }));
  }));
  EXPECT_EQ(deaths, 0);
  this->Turn();
  EXPECT_EQ(deaths, 2);
}

TYPED_TEST(EveryLoop, ArmingRunsNothingAndNoDelayFiresInTheNextTurn) {
  int fired = 0;
  Timer timer(this->loop(), [&] { ++fired; });
  timer.Enable(Duration::zero());
  EXPECT_EQ(fired, 0);
  this->Turn();
  EXPECT_EQ(fired, 1);
  this->Turn();
  EXPECT_EQ(fired, 1);
}

TYPED_TEST(EveryLoop, TheTimeStandsStillWithinATurn) {
  MonotonicTime first, second;
  this->loop().Post([&] { first = this->loop().Now(); });
  this->loop().Post([&] {
    for (volatile int i = 0; i < 100'000; i = i + 1) {
    }
    second = this->loop().Now();
  });
  this->Turn();
  EXPECT_EQ(first, second);
}

// A clock that moves on at each look.
class RestlessClock final : public Clock {
 public:
  MonotonicTime Monotonic() const override { return MonotonicTime(milliseconds(++looks_)); }
  SystemTime System() const override { return SystemTime(milliseconds(++looks_)); }

 private:
  mutable int64_t looks_ = 0;
};

TEST(EpollLoop, ReadsEachClockOnceATurn) {
  RestlessClock clock;
  const std::unique_ptr<EpollLoop> loop = *EpollLoop::Create(clock);
  std::vector<SystemTime> wall;
  std::vector<MonotonicTime> now;
  for (int turn = 0; turn < 2; ++turn) {
    for (int look = 0; look < 2; ++look) {
      loop->Post([&] {
        wall.push_back(loop->WallNow());
        now.push_back(loop->Now());
      });
    }
    loop->RunOnce(Duration::zero());
  }
  ASSERT_EQ(wall.size(), 4u);
  EXPECT_EQ(wall[0], wall[1]);
  EXPECT_LT(wall[1], wall[2]);
  EXPECT_EQ(wall[2], wall[3]);
  EXPECT_EQ(now[0], now[1]);
  EXPECT_LT(now[1], now[2]);
}

TEST(SimLoop, TimeJumpsFromTimerToTimer) {
  fakes::SimLoop loop;
  const MonotonicTime start = loop.Now();
  std::vector<Duration> fired;
  Timer late(loop, [&] { fired.push_back(loop.Now() - start); });
  Timer early(loop, [&] { fired.push_back(loop.Now() - start); });
  late.Enable(std::chrono::hours(10));
  early.Enable(milliseconds(3));
  loop.RunFor(std::chrono::hours(24));
  EXPECT_EQ(fired, (std::vector<Duration>{milliseconds(3), std::chrono::hours(10)}));
  EXPECT_EQ(loop.Now() - start, std::chrono::hours(24));
}

TEST(SimLoop, RunUntilTrueStopsAtTheCondition) {
  fakes::SimLoop loop;
  const MonotonicTime start = loop.Now();
  bool done = false;
  Timer timer(loop, [&] { done = true; });
  timer.Enable(milliseconds(20));
  EXPECT_TRUE(loop.RunUntilTrue([&] { return done; }));
  EXPECT_EQ(loop.Now() - start, milliseconds(20));
  EXPECT_FALSE(loop.RunUntilTrue([] { return false; }));
}

TEST(Random, RepeatsFromItsSeedAndStaysInRange) {
  Random a(7), b(7), c(8);
  EXPECT_EQ(a.Next(), b.Next());
  EXPECT_NE(a.Next(), c.Next());
  std::array<int, 10> seen{};
  for (int i = 0; i < 10'000; ++i) {
    ++seen[a.Below(10)];
    const double unit = a.Unit();
    ASSERT_GE(unit, 0.0);
    ASSERT_LT(unit, 1.0);
  }
  for (int count : seen) EXPECT_NEAR(count, 1000, 200);
}

class SocketPair {
 public:
  SocketPair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_), 0); }
  ~SocketPair() {
    if (fds_[0] >= 0) close(fds_[0]);
    if (fds_[1] >= 0) close(fds_[1]);
  }
  int ours() const { return fds_[0]; }
  void PeerWrites() { EXPECT_EQ(write(fds_[1], "x", 1), 1); }
  int Take() { return std::exchange(fds_[0], -1); }

 private:
  int fds_[2];
};

class CountingHandler final : public FdHandler {
 public:
  explicit CountingHandler(std::function<void()> act = [] {}) : act_(std::move(act)) {}
  void OnEvents(uint32_t events) override {
    if ((events & EPOLLIN) == 0) return;
    ++readable;
    act_();
  }
  int readable = 0;

 private:
  std::function<void()> act_;
};

class EpollLoopTest : public ::testing::Test {
 protected:
  SystemClock clock_;
  std::unique_ptr<EpollLoop> loop_ = *EpollLoop::Create(clock_);
};

TEST_F(EpollLoopTest, EventsAreEdges) {
  SocketPair pair;
  CountingHandler handler;
  ASSERT_TRUE(loop_->Register(pair.ours(), handler).ok());
  pair.PeerWrites();
  loop_->RunOnce(Duration::zero());
  loop_->RunOnce(Duration::zero());
  EXPECT_EQ(handler.readable, 1);
  loop_->Rearm(pair.ours());
  loop_->RunOnce(Duration::zero());
  EXPECT_EQ(handler.readable, 2);
  loop_->Unregister(pair.ours());
  EXPECT_EQ(loop_->registered(), 0u);
}

TEST_F(EpollLoopTest, NoEventReachesAHandlerClosedInTheSameBatch) {
  SocketPair one, two;
  std::unique_ptr<CountingHandler> handlers[2];
  // Whichever is told first closes the other one, whose event lies in the same batch.
  const auto close_other = [&](int self, SocketPair& other_pair) {
    return [this, &handlers, &other_pair, self] {
      const int other_fd = other_pair.Take();
      loop_->Forget(other_fd);
      close(other_fd);
      handlers[1 - self].reset();
    };
  };
  handlers[0] = std::make_unique<CountingHandler>(close_other(0, two));
  handlers[1] = std::make_unique<CountingHandler>(close_other(1, one));
  ASSERT_TRUE(loop_->Register(one.ours(), *handlers[0]).ok());
  ASSERT_TRUE(loop_->Register(two.ours(), *handlers[1]).ok());
  one.PeerWrites();
  two.PeerWrites();
  loop_->RunOnce(Duration::zero());
  EXPECT_EQ((handlers[0] != nullptr) + (handlers[1] != nullptr), 1);
}

TEST_F(EpollLoopTest, ANewOwnerOfANumberDoesNotGetTheOldOnesEvent) {
  SocketPair one, two, fresh;
  CountingHandler newcomer;
  int reused = -1;
  const auto replace_other = [&](SocketPair& other) {
    return [this, &other, &fresh, &newcomer, &reused] {
      if (reused >= 0) return;
      reused = other.Take();
      loop_->Forget(reused);
      ASSERT_EQ(dup2(fresh.ours(), reused), reused);
      ASSERT_TRUE(loop_->Register(reused, newcomer).ok());
    };
  };
  CountingHandler first(replace_other(two)), second(replace_other(one));
  ASSERT_TRUE(loop_->Register(one.ours(), first).ok());
  ASSERT_TRUE(loop_->Register(two.ours(), second).ok());
  one.PeerWrites();
  two.PeerWrites();
  loop_->RunOnce(Duration::zero());
  EXPECT_EQ(newcomer.readable, 0);
  EXPECT_EQ(first.readable + second.readable, 1);
  close(reused);
}

TEST_F(EpollLoopTest, PostsFromManyThreadsAllRunOnTheLoopsThread) {
  constexpr int kThreads = 4, kPosts = 2000;
  int ran = 0;  // Written by the loop's thread alone.
  std::thread looping([&] { loop_->Run(); });
  std::vector<std::thread> posters;
  std::atomic<int> finished{0};
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < kPosts; ++i) loop_->Post([&] { ++ran; });
      if (++finished == kThreads) loop_->Post([&] { loop_->Stop(); });
    });
  }
  for (std::thread& poster : posters) poster.join();
  looping.join();
  EXPECT_EQ(ran, kThreads * kPosts);
}

TEST_F(EpollLoopTest, APostToALoopThatHasEndedIsDestroyedUnrun) {
  loop_->Post([this] { loop_->Stop(); });
  loop_->Run();
  auto token = std::make_shared<int>(0);
  loop_->Post([token] { ADD_FAILURE() << "ran after the end"; });
  EXPECT_EQ(token.use_count(), 1);
}

TEST_F(EpollLoopTest, SleepsUntilATimerIsDue) {
  int fired = 0;
  Timer timer(*loop_, [&] {
    ++fired;
    loop_->Stop();
  });
  const MonotonicTime start = clock_.Monotonic();
  timer.Enable(milliseconds(30));
  loop_->Run();
  EXPECT_EQ(fired, 1);
  EXPECT_GE(clock_.Monotonic() - start, milliseconds(30));
  EXPECT_LE(loop_->turns(), 4u);
}

}  // namespace
}  // namespace weir::event
