// PINGs that look for a peer that is gone, in virtual time.
#include "source/http/h2/keepalive.h"

#include <gtest/gtest.h>

#include "test/fakes/sim_loop.h"
#include "test/http/h2/raw_peers.h"

namespace weir::http::h2 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A peer that answers, or not.
class FakePings final : public Pings {
 public:
  void SendPing() override { ++sent; }
  uint64_t answered() const override { return replies; }
  uint64_t sent = 0;
  uint64_t replies = 0;
};

struct Fixture {
  explicit Fixture(const Keepalive::Settings& settings)
      : keepalive(loop, random, settings, pings, [this] { ++deaths; }) {}
  void Answer() {
    pings.replies = pings.sent;
    keepalive.OnReceived();
  }
  fakes::SimLoop loop;
  event::Random random{1};
  FakePings pings;
  Keepalive keepalive;
  int deaths = 0;
};

TEST(Keepalive, APingGoesOutEachIntervalAfterTheAnswer) {
  Fixture fixture({.interval = seconds(10), .timeout = seconds(1), .interval_jitter_percent = 0});
  fixture.loop.RunFor(milliseconds(9990));
  EXPECT_EQ(fixture.pings.sent, 0u);
  for (uint64_t sent = 1; sent < 5; ++sent) {
    fixture.loop.RunFor(milliseconds(20));
    EXPECT_EQ(fixture.pings.sent, sent);
    fixture.Answer();
    fixture.loop.RunFor(milliseconds(9985));
    EXPECT_EQ(fixture.pings.sent, sent);
  }
  EXPECT_EQ(fixture.deaths, 0);
}

TEST(Keepalive, WithoutAnAnswerTheConnectionIsDeadAfterTheTimeout) {
  Fixture fixture({.interval = seconds(10), .timeout = seconds(2), .interval_jitter_percent = 0});
  fixture.loop.RunFor(milliseconds(11900));
  fixture.keepalive.OnReceived();  // Other bytes are no answer.
  EXPECT_EQ(fixture.deaths, 0);
  fixture.loop.RunFor(milliseconds(200));
  EXPECT_EQ(fixture.deaths, 1);
  fixture.loop.RunFor(seconds(60));
  EXPECT_EQ(fixture.deaths, 1);
}

TEST(Keepalive, AnIntervalIsLengthenedByAtMostItsJitter) {
  milliseconds shortest = milliseconds::max(), longest{};
  for (uint64_t seed = 0; seed < 50; ++seed) {
    fakes::SimLoop loop;
    event::Random random(seed);
    FakePings pings;
    Keepalive keepalive(loop, random, {.interval = seconds(10), .timeout = seconds(1)}, pings,
                        [] {});
    milliseconds waited{};
    for (; pings.sent == 0 && waited < seconds(20); waited += milliseconds(10)) {
      loop.RunFor(milliseconds(10));
    }
    shortest = std::min(shortest, waited);
    longest = std::max(longest, waited);
  }
  EXPECT_GE(shortest, seconds(10));
  EXPECT_LE(longest, milliseconds(11520));
  EXPECT_GT(longest - shortest, milliseconds(700));
}

TEST(Keepalive, ASilentConnectionIsProbedBeforeANewStream) {
  Fixture fixture({.timeout = seconds(1), .connection_idle_interval = seconds(5)});
  fixture.keepalive.OnNewStream();
  EXPECT_EQ(fixture.pings.sent, 0u) << "it was not silent";
  fixture.loop.RunFor(seconds(6));
  EXPECT_EQ(fixture.pings.sent, 0u) << "there is no interval";
  fixture.keepalive.OnNewStream();
  fixture.keepalive.OnNewStream();
  EXPECT_EQ(fixture.pings.sent, 1u);
  fixture.loop.RunFor(seconds(2));
  EXPECT_EQ(fixture.deaths, 1);
}

TEST(Keepalive, TheCodecKnowsItsPingFromOthers) {
  Server server;
  server.Send(ClientPreface());
  server.output.clear();
  server.codec->pings().SendPing();
  server.Send("");
  const std::vector<SeenFrame> frames = ReadFrames(server.output);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].type, kPing);
  server.Send(Frame(kPing, kAck, 0, "12345678"));
  EXPECT_EQ(server.codec->pings().answered(), 0u);
  server.Send(Frame(kPing, kAck, 0, frames[0].payload));
  EXPECT_EQ(server.codec->pings().answered(), 1u);
  server.Send(Frame(kPing, kAck, 0, frames[0].payload));
  EXPECT_EQ(server.codec->pings().answered(), 1u) << "nobody asked";
}

}  // namespace
}  // namespace weir::http::h2
