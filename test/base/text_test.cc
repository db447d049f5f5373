// The functions of strings.h, status.h and encoding.h.
#include <cerrno>

#include "gtest/gtest.h"
#include "source/base/encoding.h"
#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir {
namespace {

TEST(Encoding, HexHasTwoDigitsAByte) {
  EXPECT_EQ(EncodeHex(""), "");
  EXPECT_EQ(EncodeHex(std::string_view("\x00\x0f\xff", 3)), "000fff");
}

TEST(Strings, StrCatJoinsTextAndNumbers) {
  EXPECT_EQ(
      StrCat("a", 1, std::string("b"), std::string_view("c"), 'd', -5, 2.5, uint64_t{1} << 63),
      "a1bcd-52.59223372036854775808");
}

TEST(Strings, SplitKeepsEmptyParts) {
  EXPECT_EQ(Split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(Split("", ','), std::vector<std::string_view>{""});
  EXPECT_EQ(Join(Split("a,b", ','), "--"), "a--b");
}

TEST(Strings, ComparesWithoutCase) {
  EXPECT_TRUE(EqualsIgnoreCase("Content-Length", "content-lENGTH"));
  EXPECT_FALSE(EqualsIgnoreCase("a", "ab"));
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));
  EXPECT_TRUE(StartsWithIgnoreCase("Bearer x", "bearer"));
  EXPECT_EQ(TrimOws(" \t a b\t "), "a b");
}

TEST(Strings, FindsAnUpperCaseLetterWhereverItStands) {
  for (int byte = 0; byte < 256; ++byte) {
    for (size_t size = 1; size < 20; ++size) {
      for (size_t place = 0; place < size; ++place) {
        std::string text(size, 'z');
        text[place] = static_cast<char>(byte);
        ASSERT_EQ(HasUpper(text), byte >= 'A' && byte <= 'Z')
            << byte << " " << size << " " << place;
      }
    }
  }
  EXPECT_FALSE(HasUpper(""));
  EXPECT_FALSE(HasUpper(std::string_view()));
}

TEST(Strings, ParsesWholeDecimalsOnly) {
  EXPECT_EQ(ParseUint64("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1a", "0x1", "18446744073709551616"}) {
    EXPECT_FALSE(ParseUint64(text).has_value()) << text;
  }
}

TEST(Strings, EscapesJsonAndReplacesWhatIsNotUtf8) {
  std::string out;
  AppendJsonEscaped(out, "a\"\\\n\x01\xC3\xA4\xFF\xED\xA0\x80");
  EXPECT_EQ(out, "a\\\"\\\\\\n\\u0001\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Strings, NearestFindsATypingError) {
  const struct {
    const char* a;
    const char* b;
    size_t distance;
  } kCases[] = {{"cluster", "clutser", 1}, {"", "abc", 3},          {"abc", "", 3},
                {"same", "same", 0},       {"ab", "ba", 1},         {"abcd", "badc", 2},
                {"abc", "xyz", 3},         {"kitten", "sitting", 3}};
  for (const auto& c : kCases) EXPECT_EQ(EditDistance(c.a, c.b), c.distance) << c.a << " " << c.b;
  EXPECT_EQ(Nearest("clutser", {"listener", "cluster"}), "cluster");
  EXPECT_EQ(Nearest("listner", {"cluster", "listeners", "listener", "lister"}), "listener");
  EXPECT_EQ(Nearest("badc", {"xyzw", "abcd"}), "abcd");
  EXPECT_FALSE(Nearest("zebra", {"listener", "cluster"}).has_value());
}

// Whatever somebody writes: what is too long to be meant is not compared at all.
TEST(Strings, NearestTakesNoTimeForALongName) {
  const std::vector<std::string> names(20'000, "envoy.config.listener.v3.Listener");
  EXPECT_FALSE(Nearest(std::string(1 << 24, 'e'), names).has_value());
}

TEST(Status, FromErrnoNamesTheReason) {
  const absl::Status status = FromErrno(EADDRINUSE, "cannot bind 127.0.0.1:80");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(MessageOf(status), "cannot bind 127.0.0.1:80: Address already in use");
  EXPECT_EQ(MessageOf(Annotate(status, "listener \"x\"")),
            "listener \"x\": cannot bind 127.0.0.1:80: Address already in use");
  EXPECT_TRUE(Annotate(absl::OkStatus(), "x").ok());
}

}  // namespace
}  // namespace weir
