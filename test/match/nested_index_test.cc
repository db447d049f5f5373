#include "source/match/nested_index.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/strings.h"
#include "source/event/random.h"

namespace weir::match {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <typename Kind>
std::vector<int> Containing(const NestedIndex<Kind, int>& index, const typename Kind::Point& at) {
  std::vector<int> found;
  index.VisitContaining(at, [&](int value) {
    found.push_back(value);
    return false;
  });
  return found;
}

TEST(NestedIndex, FindsPrefixesFromTheLongestOn) {
  const NestedIndex<TextPrefix, int> index({{"/a/b", 3}, {"", 1}, {"/a", 2}, {"/b", 4}});
  EXPECT_THAT(Containing(index, "/a/bc"), ElementsAre(3, 2, 1));
  EXPECT_THAT(Containing(index, "/a/a"), ElementsAre(2, 1));
  EXPECT_THAT(Containing(index, "/c"), ElementsAre(1));
  EXPECT_THAT(Containing(index, ""), ElementsAre(1));
  EXPECT_THAT(Containing(NestedIndex<TextPrefix, int>(), "/a"), IsEmpty());
}

TEST(NestedIndex, StopsWhereItIsTold) {
  const NestedIndex<TextPrefix, int> index({{"", 1}, {"a", 2}, {"ab", 3}});
  std::vector<int> seen;
  EXPECT_TRUE(index.VisitContaining("abc", [&](int value) {
    seen.push_back(value);
    return value == 2;
  }));
  EXPECT_THAT(seen, ElementsAre(3, 2));
}

TEST(NestedIndex, OfEqualRangesTheEarlierIsTheInner) {
  const auto range = [](std::string_view ip, uint32_t length) {
    return *net::CidrRange::Create(*net::IpAddress::Parse(ip), length);
  };
  const NestedIndex<AddressRange, int> index({{range("10.0.0.0", 8), 1},
                                              {range("10.1.0.0", 16), 2},
                                              {range("10.0.0.0", 8), 3},
                                              {range("0.0.0.0", 0), 4}});
  EXPECT_THAT(Containing(index, *net::IpAddress::Parse("10.1.2.3")), ElementsAre(2, 1, 3, 4));
  EXPECT_THAT(Containing(index, *net::IpAddress::Parse("10.2.0.0")), ElementsAre(1, 3, 4));
  EXPECT_THAT(Containing(index, *net::IpAddress::Parse("255.0.0.1")), ElementsAre(4));
}

// What a scan of all keys finds, the longest first.
TEST(NestedIndex, AgreesWithAScanOfAllPrefixes) {
  event::Random random(1);
  const auto text = [&random](uint64_t most) {
    std::string made;
    for (uint64_t i = random.Below(most + 1); i > 0; --i) made += "ab\xff"[random.Below(3)];
    return made;
  };
  for (int table = 0; table < 300; ++table) {
    std::vector<std::pair<std::string, int>> entries;
    for (int i = 0; i < 20; ++i) entries.emplace_back(text(5), i);
    const NestedIndex<TextPrefix, int> index(entries);
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return std::pair(b.first.size(), a.second) < std::pair(a.first.size(), b.second);
    });
    for (int i = 0; i < 20; ++i) {
      const std::string point = text(7);
      std::vector<int> expected;
      for (const auto& [key, value] : entries) {
        if (point.starts_with(key)) expected.push_back(value);
      }
      ASSERT_EQ(Containing(index, point), expected) << "table " << table << ", text " << point;
    }
  }
}

}  // namespace
}  // namespace weir::match
