#include "source/schema/scalars.h"

#include "gtest/gtest.h"
#include "source/base/encoding.h"

namespace weir::schema {
namespace {

TEST(Scalars, Booleans) {
  for (const char* text : {"true", "True", "TRUE", "yes", "on", "ON", "y"}) {
    EXPECT_EQ(ParseBool(text), true) << text;
  }
  for (const char* text : {"false", "no", "Off", "N"}) EXPECT_EQ(ParseBool(text), false) << text;
  for (const char* text : {"", "1", "tRUE", "yEs", "truee"})
    EXPECT_EQ(ParseBool(text), std::nullopt) << text;
}

TEST(Scalars, Integers) {
  EXPECT_EQ(ParseInt64("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(ParseInt64("9223372036854775808"), std::nullopt);
  EXPECT_EQ(ParseUnsigned("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(ParseUnsigned("18446744073709551616"), std::nullopt);
  EXPECT_EQ(ParseUnsigned("0x10"), 16u);
  EXPECT_EQ(ParseUnsigned("1e3"), 1000u);
  EXPECT_EQ(ParseUnsigned("2.0"), 2u);
  for (const char* text : {"", "-", "-1", "010", "1.5", "1e99", "0x", "1x", " 1", "1_000"}) {
    EXPECT_EQ(ParseUnsigned(text), std::nullopt) << text;
  }
}

TEST(Scalars, Durations) {
  const struct {
    const char* text;
    int64_t seconds;
    int32_t nanos;
  } good[] = {{"0s", 0, 0},
              {"1.5s", 1, 500'000'000},
              {"-1.5s", -1, -500'000'000},
              {"0.001s", 0, 1'000'000},
              {"315576000000s", 315'576'000'000, 0},
              {"1.000000001s", 1, 1}};
  for (const auto& one : good) {
    const auto duration = ParseDuration(one.text);
    ASSERT_TRUE(duration) << one.text;
    EXPECT_EQ(duration->seconds(), one.seconds) << one.text;
    EXPECT_EQ(duration->nanos(), one.nanos) << one.text;
  }
  for (const char* bad :
       {"", "s", "5", "5m", "1.s", ".5s", "1.0000000001s", "315576000001s", "--1s", "1 s", "1s "}) {
    EXPECT_FALSE(ParseDuration(bad)) << bad;
  }
  EXPECT_EQ(DurationHint("500ms"), "0.5s");
  EXPECT_EQ(DurationHint("1h30m"), "5400s");
  EXPECT_EQ(DurationHint("5"), "5s");
  EXPECT_EQ(DurationHint("soon"), "");
  EXPECT_EQ(DurationToText(1, 500'000'000, true), "1.500s");
  EXPECT_EQ(DurationToText(0, -1), "-0.000000001s");
}

TEST(Scalars, Base64) {
  for (const std::string& bytes : {std::string(), std::string("a"), std::string("ab"),
                                   std::string("abc"), std::string("\xff\x00\xfe\x01", 4)}) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
  }
  EXPECT_EQ(EncodeBase64("ab"), "YWI=");
  EXPECT_EQ(DecodeBase64("_-8"), "\xff\xef");
  EXPECT_EQ(DecodeBase64("YWI"), "ab");
  EXPECT_EQ(DecodeBase64("Y"), std::nullopt);
  EXPECT_EQ(DecodeBase64("Y WI="), std::nullopt);
}

TEST(Scalars, Utf8) {
  EXPECT_TRUE(IsUtf8("aé€😀"));
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
}

}  // namespace
}  // namespace weir::schema
