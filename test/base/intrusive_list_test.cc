#include "source/base/intrusive_list.h"

#include <memory>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

struct OtherList;
struct Item : IntrusiveNode<>, IntrusiveNode<OtherList> {
  explicit Item(int n) : number(n) {}
  int number;
};

std::vector<int> Numbers(IntrusiveList<Item>& list) {
  std::vector<int> numbers;
  for (Item& item : list) numbers.push_back(item.number);
  return numbers;
}

TEST(IntrusiveList, KeepsOrderAndPopsAtBothEnds) {
  Item a(1), b(2), c(3);
  IntrusiveList<Item> list;
  EXPECT_EQ(list.PopFront(), nullptr);
  list.PushBack(b);
  list.PushBack(c);
  list.PushFront(a);
  EXPECT_EQ(Numbers(list), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(list.CountSlowly(), 3u);
  EXPECT_EQ(list.PopFront(), &a);
  EXPECT_EQ(list.PopBack(), &c);
  EXPECT_EQ(&list.front(), &list.back());
}

TEST(IntrusiveList, WhatIsDestroyedLeaves) {
  Item a(1);
  IntrusiveList<Item> list;
  list.PushBack(a);
  {
    Item b(2);
    list.PushFront(b);
  }
  EXPECT_EQ(Numbers(list), std::vector<int>{1});
}

TEST(IntrusiveList, ElementsOutliveTheirList) {
  Item a(1);
  {
    IntrusiveList<Item> list;
    list.PushBack(a);
  }
  EXPECT_FALSE(a.IntrusiveNode<>::linked());
}

TEST(IntrusiveList, OneElementMayBeInListsOfTwoTags) {
  Item a(1);
  IntrusiveList<Item> list;
  IntrusiveList<Item, OtherList> other;
  list.PushBack(a);
  other.PushBack(a);
  list.Clear();
  EXPECT_EQ(other.PopFront(), &a);
}

TEST(IntrusiveList, AVisitorMayDestroyAnyElementAndAddOthers) {
  std::vector<std::unique_ptr<Item>> items;
  IntrusiveList<Item> list;
  for (int i = 0; i < 5; ++i) {
    items.push_back(std::make_unique<Item>(i));
    list.PushBack(*items.back());
  }
  Item added(99);
  std::vector<int> visited;
  list.ForEachRemovable([&](Item& item) {
    visited.push_back(item.number);
    if (item.number == 1) {
      items[1].reset();
      items[3].reset();
      list.PushBack(added);
    }
  });
  EXPECT_EQ(visited, (std::vector<int>{0, 1, 2, 4}));
  EXPECT_EQ(list.CountSlowly(), 4u);
}

TEST(IntrusiveListDeathTest, AnElementIsInOneListAtATime) {
  Item a(1);
  IntrusiveList<Item> list;
  list.PushBack(a);
  EXPECT_DEATH(list.PushBack(a), "in a list already");
}

}  // namespace
}  // namespace weir
