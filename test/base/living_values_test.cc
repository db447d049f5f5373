#include "source/base/living_values.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

struct Length {
  size_t operator()(const std::string& text) const { return text.size(); }
};
using Texts = LivingValues<std::string, Length>;

TEST(LivingValues, AnEqualValueIsTheSameObject) {
  Texts texts;
  const auto one = std::make_shared<const std::string>("one");
  texts.Add(one);
  EXPECT_EQ(texts.Find("one"), one);
  EXPECT_EQ(texts.Find("three"), nullptr);
}

TEST(LivingValues, OneHashIsNotEnoughToBeEqual) {
  Texts texts;
  const auto one = std::make_shared<const std::string>("one");
  const auto two = std::make_shared<const std::string>("two");
  texts.Add(one);
  EXPECT_EQ(texts.Find("two"), nullptr);
  texts.Add(two);
  EXPECT_EQ(texts.Find("two"), two);
  EXPECT_EQ(texts.Find("one"), nullptr) << "the later one is known";
}

TEST(LivingValues, NothingIsKeptAlive) {
  Texts texts;
  texts.Add(std::make_shared<const std::string>("one"));
  EXPECT_EQ(texts.Find("one"), nullptr);
}

TEST(LivingValues, ThoseThatEndedAreSweptOut) {
  Texts texts;
  std::vector<std::shared_ptr<const std::string>> living;
  for (size_t i = 0; i < 10'000; ++i) {
    auto text = std::make_shared<const std::string>(i, 'a');
    if (i % 100 == 0) living.push_back(text);
    texts.Add(text);
  }
  EXPECT_LE(texts.size(), 2 * living.size() + 64);
  for (const auto& text : living) EXPECT_EQ(texts.Find(*text), text);
}

}  // namespace
}  // namespace weir
