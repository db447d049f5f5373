#include "source/proxy/stats_by_prefix.h"

#include "gtest/gtest.h"
#include "source/config/shared_parts.h"
#include "source/proxy/route_stats.h"

namespace weir::proxy {
namespace {

using config::CountedName;

class StatsByPrefixTest : public testing::Test {
 protected:
  bool Has(std::string_view name) const {
    for (const stats::Reading& reading : registry_.Read()) {
      if (reading.name == name) return true;
    }
    return false;
  }

  stats::Registry registry_;
  StatsByPrefix<RouteStats> blocks_{registry_, "vhost."};
};

TEST_F(StatsByPrefixTest, ABlockLivesAsLongAsAnyOfTheConfigurationsThatUsedIt) {
  auto first = std::make_unique<CountedName>("a");
  auto second = std::make_unique<CountedName>("a");  // Decoded apart.
  RouteStats& stats = blocks_.Get(*first);
  EXPECT_EQ(&blocks_.Get(*second), &stats);
  first.reset();
  blocks_.LetGoOfUnnamed();
  EXPECT_EQ(&blocks_.Get(*second), &stats);
  EXPECT_TRUE(Has("vhost.a.upstream_rq_total"));
  second.reset();
  EXPECT_TRUE(Has("vhost.a.upstream_rq_total"));
  blocks_.LetGoOfUnnamed();
  EXPECT_FALSE(Has("vhost.a.upstream_rq_total"));
}

TEST_F(StatsByPrefixTest, WhatHasNoNameStays) {
  RouteStats& stats = blocks_.Get({});
  blocks_.LetGoOfUnnamed();
  EXPECT_EQ(&blocks_.Get({}), &stats);
}

TEST(SharedNames, AreOneAsLongAsOneIsInUse) {
  config::SharedParts parts;
  CountedName one = parts.Name("a");
  EXPECT_EQ(parts.Name("a").pointer(), one.pointer());
  EXPECT_NE(parts.Name("b").pointer(), one.pointer());
  EXPECT_TRUE(parts.Name("").empty());
  const std::weak_ptr<const std::string> gone = one.pointer();
  one = {};
  for (int i = 0; i < 200; ++i) parts.Name(std::to_string(i));
  EXPECT_TRUE(gone.expired());
  EXPECT_EQ(parts.Name("a").text(), "a");
}

}  // namespace
}  // namespace weir::proxy
