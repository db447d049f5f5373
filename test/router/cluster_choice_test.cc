#include "source/router/cluster_choice.h"

#include <gtest/gtest.h>

#include <map>

namespace weir::router {
namespace {

config::RouteAction Weighted(const std::vector<std::pair<std::string, uint64_t>>& weights) {
  config::WeightedClusters clusters;
  for (const auto& [name, weight] : weights) {
    clusters.clusters.push_back({.name = name, .weight = weight});
    clusters.total_weight += weight;
  }
  return {.cluster = std::move(clusters)};
}

class ClusterChoiceTest : public testing::Test {
 protected:
  std::string First(const config::RouteAction& action, uint64_t random) {
    decision_ = {};
    tried_.clear();
    ChooseCluster(action, {.head = head_, .random = random}, decision_);
    return std::string(decision_.cluster);
  }
  std::string Again(const config::RouteAction& action, uint64_t random) {
    ChooseClusterAgain(action, {.head = head_, .random = random}, tried_, decision_);
    return std::string(decision_.cluster);
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_{pool_};
  http::RequestHead head_{arena_};
  Decision decision_;
  std::vector<const config::WeightedCluster*> tried_;
};

TEST_F(ClusterChoiceTest, ATreeNamesTheClusterEachTime) {
  match::ExactMap map{.input = {.kind = match::DataInput::Kind::kRequestHeader, .name = "x-to"},
                      .entries = {}};
  map.entries.try_emplace("one", match::OnMatch{.next = match::ActionNumber{0}});
  map.entries.try_emplace("two", match::OnMatch{.next = match::ActionNumber{1}});
  const config::RouteAction action{
      .cluster = config::ClusterFromMatch{
          std::make_shared<const match::ActionTree<std::string>>(match::ActionTree<std::string>{
              .tree = std::make_shared<const match::MatchTree>(std::move(map)),
              .actions = {"c1", "c2"}})}};
  EXPECT_EQ(First(action, 0), "");
  head_.headers.Set("x-to", "one");
  EXPECT_EQ(First(action, 0), "c1");
  head_.headers.Set("x-to", "two");
  EXPECT_EQ(Again(action, 0), "c2");
}

TEST_F(ClusterChoiceTest, AnotherTryGoesToAnUntriedClusterByWeight) {
  const config::RouteAction action = Weighted({{"a", 1}, {"b", 3}, {"none", 0}, {"c", 1}});
  EXPECT_EQ(First(action, 0), "a");
  std::map<std::string, int> seconds;
  for (uint64_t random = 0; random < 4; ++random) {
    EXPECT_EQ(First(action, 0), "a");
    ++seconds[Again(action, random)];
  }
  EXPECT_EQ(seconds, (std::map<std::string, int>{{"b", 3}, {"c", 1}}));
}

TEST_F(ClusterChoiceTest, WhenAllWereTriedTheListBeginsAnew) {
  const config::RouteAction action = Weighted({{"a", 2}, {"b", 1}});
  EXPECT_EQ(First(action, 0), "a");
  EXPECT_EQ(Again(action, 0), "b");
  EXPECT_EQ(Again(action, 0), "a");
  EXPECT_EQ(Again(action, 0), "b");
  EXPECT_EQ(Again(action, 2), "b");
}

TEST_F(ClusterChoiceTest, AFieldIsReadAnew) {
  const config::RouteAction action{.cluster = config::ClusterHeader{"x-to"}};
  head_.headers.Set("x-to", "one");
  EXPECT_EQ(First(action, 0), "one");
  head_.headers.Set("x-to", "two");
  EXPECT_EQ(Again(action, 0), "two");
}

TEST_F(ClusterChoiceTest, TheOneClusterStays) {
  const config::RouteAction action{.cluster = config::ClusterName{"web"}};
  EXPECT_EQ(First(action, 0), "web");
  EXPECT_EQ(Again(action, 7), "web");
}

}  // namespace
}  // namespace weir::router
