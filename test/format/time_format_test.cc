#include "source/format/time_format.h"

#include "gtest/gtest.h"

namespace weir::format {
namespace {

std::string At(std::string_view pattern, int64_t nanoseconds) {
  const auto format = TimeFormat::Create(pattern, false);
  EXPECT_TRUE(format.ok()) << format.status();
  std::string out;
  if (format.ok()) format->Append(out, event::SystemTime(std::chrono::nanoseconds(nanoseconds)));
  return out;
}

TEST(TimeFormat, Table) {
  constexpr int64_t kTime = 1'709'209'800'012'345'678;
  EXPECT_EQ(At("", kTime), "2024-02-29T12:30:00.012Z");
  EXPECT_EQ(At("%F %T", kTime), "2024-02-29 12:30:00");
  EXPECT_EQ(At("%f", kTime), "012345678");
  EXPECT_EQ(At("%3f %6f %1f", kTime), "012 012345 0");
  EXPECT_EQ(At("%s.%3f", kTime), "1709209800.012");
  EXPECT_EQ(At("100%%", kTime), "100%");
  EXPECT_EQ(At("", 0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(At("", -1), "1969-12-31T23:59:59.999Z");
}

TEST(TimeFormat, RefusesWhatStrftimeDoesNotKnow) {
  EXPECT_FALSE(TimeFormat::Create("%J", false).ok());
  EXPECT_FALSE(TimeFormat::Create("%", false).ok());
  EXPECT_FALSE(TimeFormat::Create("%0f", false).ok());
}

}  // namespace
}  // namespace weir::format
