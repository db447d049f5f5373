// References that one thread shares, and memory that objects of one class pass on.
#include "source/base/local_ref.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "source/base/recycler.h"

namespace weir {
namespace {

class Counted final : public LocalCounted<Counted> {
 public:
  explicit Counted(int& destroyed) : destroyed_(destroyed) {}
  ~Counted() { ++destroyed_; }

 private:
  int& destroyed_;
};

TEST(LocalRef, TheLastReferenceDestroysTheObject) {
  int destroyed = 0;
  LocalRef<Counted> first = MakeLocal<Counted>(destroyed);
  LocalRef<Counted> second = first;
  LocalRef<Counted> third(first.get());
  EXPECT_EQ(first, third);
  first.reset();
  EXPECT_EQ(first, nullptr);
  second = nullptr;
  EXPECT_EQ(destroyed, 0);
  third = LocalRef<Counted>();
  EXPECT_EQ(destroyed, 1);
}

TEST(LocalRef, MovingLeavesNullAndAssigningToItselfKeeps) {
  int destroyed = 0;
  LocalRef<Counted> from = MakeLocal<Counted>(destroyed);
  LocalRef<Counted> to = std::move(from);
  EXPECT_EQ(from, nullptr);
  const LocalRef<Counted>& same = to;
  to = same;
  EXPECT_EQ(destroyed, 0);
  to = MakeLocal<Counted>(destroyed);
  EXPECT_EQ(destroyed, 1);
}

struct Base {
  virtual ~Base() = default;
};
struct Recycled final : Base {
  static void* operator new(size_t size, Recycler& recycler) { return recycler.Allocate(size); }
  static void operator delete(void* memory) { Recycler::Free(memory); }
  char bytes[100] = {};
};

TEST(Recycler, GivesTheMemoryOfTheLastOneToTheNext) {
  Recycler recycler;
  std::unique_ptr<Base> first(new (recycler) Recycled);
  const Base* const place = first.get();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(place) % alignof(std::max_align_t), 0u);
  first.reset();
  const std::unique_ptr<Base> second(new (recycler) Recycled);
  EXPECT_EQ(second.get(), place);
}

TEST(Recycler, KeepsNoMoreThanItMay) {
  Recycler recycler(1);
  auto first = std::unique_ptr<Base>(new (recycler) Recycled);
  auto second = std::unique_ptr<Base>(new (recycler) Recycled);
  EXPECT_EQ(recycler.kept(), 0u);
  first.reset();
  second.reset();
  EXPECT_EQ(recycler.kept(), 1u);
}

}  // namespace
}  // namespace weir
