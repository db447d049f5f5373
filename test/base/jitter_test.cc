#include "source/base/jitter.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using std::chrono::milliseconds;

TEST(WithJitter, LengthensByAPartOfTheDuration) {
  EXPECT_EQ(WithJitter(milliseconds(1000), 0, UINT64_MAX), milliseconds(1000));
  EXPECT_EQ(WithJitter(milliseconds(1000), 50, 0), milliseconds(1000));
  EXPECT_EQ(WithJitter(milliseconds(1000), 50, uint64_t{1} << 63), milliseconds(1250));
  EXPECT_EQ(WithJitter(milliseconds(1000), 50, UINT64_MAX), milliseconds(1500));
  EXPECT_EQ(WithJitter(milliseconds(1000), 12.5, uint64_t{1} << 63), milliseconds(1062));
  EXPECT_EQ(WithJitter(milliseconds(1000), 100, UINT64_MAX), milliseconds(2000));
  EXPECT_EQ(WithJitter(milliseconds(0), 100, UINT64_MAX), milliseconds(0));
}

}  // namespace
}  // namespace weir
