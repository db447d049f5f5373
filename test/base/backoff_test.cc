#include "source/base/backoff.h"

#include "gtest/gtest.h"

namespace weir {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToTheMostAndStartsAgainAfterASuccess) {
  Backoff backoff(milliseconds(500), milliseconds(3000));
  for (const int interval : {500, 1000, 2000, 3000, 3000}) {
    EXPECT_EQ(backoff.interval(), milliseconds(interval));
    backoff.Next(0);
  }
  backoff.Reset();
  EXPECT_EQ(backoff.interval(), milliseconds(500));
}

TEST(Backoff, TheWaitIsTheRandomShareOfTheInterval) {
  EXPECT_EQ(Backoff(milliseconds(100), milliseconds(100)).Next(0), milliseconds(0));
  EXPECT_EQ(Backoff(milliseconds(100), milliseconds(100)).Next(uint64_t{1} << 63),
            milliseconds(50));
  const auto most = Backoff(milliseconds(100), milliseconds(100)).Next(UINT64_MAX);
  EXPECT_LT(most, milliseconds(100));
  EXPECT_GT(most, milliseconds(99));
}

TEST(Backoff, AMostBelowTheBaseIsTheBase) {
  Backoff backoff(milliseconds(100), milliseconds(1));
  backoff.Next(0);
  EXPECT_EQ(backoff.interval(), milliseconds(100));
}

TEST(Backoff, DoesNotOverflow) {
  Backoff backoff(std::chrono::hours(1), Backoff::Duration::max());
  for (int i = 0; i < 100; ++i) EXPECT_GE(backoff.Next(UINT64_MAX), Backoff::Duration::zero());
  EXPECT_EQ(backoff.interval(), Backoff::Duration::max());
}

}  // namespace
}  // namespace weir
