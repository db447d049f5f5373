#include "source/base/persistent_map.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

// Few hashes, so that whole hashes collide and prefixes of them do.
struct CollidingHash {
  size_t operator()(std::string_view s) const {
    size_t sum = 0;
    for (char c : s) sum += static_cast<unsigned char>(c);
    return (sum % 3) << 60 | (sum % 2) << 5;
  }
};
// Every key below one path.
struct OneHash {
  size_t operator()(std::string_view) const { return 7; }
};

template <typename Map>
std::map<std::string, int> Contents(const Map& map) {
  std::map<std::string, int> out;
  map.ForEach(
      [&](const std::string& key, int value) { EXPECT_TRUE(out.emplace(key, value).second); });
  return out;
}

template <typename Map>
std::vector<std::string> Differences(const Map& before, const Map& after) {
  std::vector<std::string> out;
  Map::ForEachDifference(before, after,
                         [&](const std::string& key, const int* old, const int* now) {
                           EXPECT_EQ(old, before.Find(key));
                           EXPECT_EQ(now, after.Find(key));
                           out.push_back((old == nullptr ? "+" : now == nullptr ? "-" : "~") + key);
                         });
  std::sort(out.begin(), out.end());
  return out;
}

template <typename Map>
class PersistentMapTest : public testing::Test {};
using Maps = testing::Types<PersistentMap<int>, PersistentMap<int, CollidingHash>,
                            PersistentMap<int, OneHash>>;
TYPED_TEST_SUITE(PersistentMapTest, Maps);

TYPED_TEST(PersistentMapTest, IsEmptyAtFirst) {
  const TypeParam map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.Find("a"), nullptr);
  EXPECT_TRUE(map.Erase("a").empty());
  EXPECT_EQ(map.NodesNotIn(map), 0u);
}

TYPED_TEST(PersistentMapTest, OldVersionsStayAsTheyWere) {
  const TypeParam one = TypeParam().Set("a", 1);
  const TypeParam two = one.Set("b", 2);
  const TypeParam changed = two.Set("a", 3);
  const TypeParam erased = changed.Erase("b");
  EXPECT_EQ(Contents(one), (std::map<std::string, int>{{"a", 1}}));
  EXPECT_EQ(Contents(two), (std::map<std::string, int>{{"a", 1}, {"b", 2}}));
  EXPECT_EQ(Contents(changed), (std::map<std::string, int>{{"a", 3}, {"b", 2}}));
  EXPECT_EQ(Contents(erased), (std::map<std::string, int>{{"a", 3}}));
  EXPECT_TRUE(erased.Erase("a").empty());
}

TYPED_TEST(PersistentMapTest, DifferencesNameWhatWasAddedChangedAndRemoved) {
  TypeParam before;
  for (const char* key : {"a", "b", "c", "d", "e"}) before = before.Set(key, 1);
  const TypeParam after = before.Set("b", 1).Set("f", 6).Erase("c").Erase("d");
  EXPECT_EQ(Differences(before, after), (std::vector<std::string>{"+f", "-c", "-d", "~b"}));
  EXPECT_EQ(Differences(TypeParam(), before),
            (std::vector<std::string>{"+a", "+b", "+c", "+d", "+e"}));
  EXPECT_EQ(Differences(before, TypeParam()),
            (std::vector<std::string>{"-a", "-b", "-c", "-d", "-e"}));
  EXPECT_TRUE(Differences(before, before).empty());
}

TYPED_TEST(PersistentMapTest, AgreesWithAnOrderedMapOverRandomChanges) {
  std::mt19937 random(17);
  TypeParam map;
  std::map<std::string, int> model;
  TypeParam checkpoint = map;
  std::map<std::string, int> checkpoint_model;
  for (int step = 0; step < 3000; ++step) {
    const std::string key = "k" + std::to_string(random() % 150);
    if (random() % 3 == 0) {
      map = map.Erase(key);
      model.erase(key);
    } else {
      map = map.Set(key, step);
      model[key] = step;
    }
    ASSERT_EQ(map.size(), model.size());
    const auto wanted = model.find(key);
    const int* found = map.Find(key);
    ASSERT_EQ(found == nullptr, wanted == model.end());
    if (found != nullptr) ASSERT_EQ(*found, wanted->second);
    if (step % 100 != 0) continue;
    ASSERT_EQ(Contents(map), model);
    std::vector<std::string> differences;
    for (const auto& [k, v] : checkpoint_model) {
      const auto now = model.find(k);
      if (now == model.end())
        differences.push_back("-" + k);
      else if (now->second != v)
        differences.push_back("~" + k);
    }
    for (const auto& [k, v] : model) {
      if (!checkpoint_model.contains(k)) differences.push_back("+" + k);
    }
    std::sort(differences.begin(), differences.end());
    ASSERT_EQ(Differences(checkpoint, map), differences);
    checkpoint = map;
    checkpoint_model = model;
  }
}

// A change copies one path, whatever the size: at most one node a level.
TEST(PersistentMapCost, OfAChangeIsAPathAndNotATable) {
  for (int size : {100, 10'000}) {
    PersistentMap<int> map;
    for (int i = 0; i < size; ++i) map = map.Set("cluster-" + std::to_string(i), i);
    const size_t whole = map.NodesNotIn(PersistentMap<int>());
    size_t most = 0;
    for (int i = 0; i < size; i += size / 50) {
      const std::string key = "cluster-" + std::to_string(i);
      most = std::max(most, map.Set(key, -1).NodesNotIn(map));
      most = std::max(most, map.Erase(key).NodesNotIn(map));
      most = std::max(most, map.Set("new" + key, 0).NodesNotIn(map));
    }
    EXPECT_LE(most, 6u) << size << " entries, " << whole << " nodes";
    EXPECT_GT(whole, static_cast<size_t>(size) / 32);
  }
}

}  // namespace
}  // namespace weir
