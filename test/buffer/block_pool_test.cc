#include "source/buffer/block_pool.h"

#include <vector>

#include "gtest/gtest.h"
#include "source/buffer/arena.h"
#include "source/buffer/ledger.h"
#include "source/buffer/watermark.h"

namespace weir::buffer {
namespace {

TEST(BlockPool, AFreedBlockIsTheNextOneTaken) {
  BlockPool pool;
  const Block* first = pool.Take().get();
  EXPECT_EQ(pool.bytes_free(), BlockPool::kBlockSize);
  EXPECT_EQ(pool.Take().get(), first);
}

TEST(BlockPool, CountsWhatIsInUseAndKeepsABoundedNumberOfFreeBlocks) {
  BlockPool pool(2);
  {
    std::vector<BlockRef> blocks;
    for (int i = 0; i < 5; ++i) blocks.push_back(pool.Take());
    EXPECT_EQ(pool.bytes_in_use(), 5 * BlockPool::kBlockSize);
    EXPECT_EQ(pool.bytes_free(), 0u);
  }
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  EXPECT_EQ(pool.bytes_free(), 2 * BlockPool::kBlockSize);
}

TEST(BlockPool, ALargeBlockHasItsOwnSizeAndIsNotKept) {
  BlockPool pool;
  {
    const BlockRef large = pool.Take(100'000);
    EXPECT_EQ(large->capacity, 100'000u);
    EXPECT_EQ(pool.bytes_in_use(), 100'000u);
  }
  EXPECT_EQ(pool.bytes_free(), 0u);
}

TEST(BlockRef, CopiesShareAndTheLastOneReturns) {
  BlockPool pool;
  BlockRef a = pool.Take();
  EXPECT_TRUE(a.unique());
  BlockRef b = a;
  EXPECT_FALSE(a.unique());
  a = BlockRef();
  EXPECT_TRUE(b.unique());
  EXPECT_EQ(pool.bytes_in_use(), BlockPool::kBlockSize);
  b = BlockRef();
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(BlockPoolDeathTest, ABlockMustNotOutliveItsPool) {
  EXPECT_DEATH(
      {
        BlockRef kept;
        BlockPool pool;
        kept = pool.Take();
      },
      "a block outlived its pool");
}

TEST(Arena, TextStaysWhereItIsUntilReset) {
  BlockPool pool;
  Arena arena(pool);
  std::vector<std::string_view> texts;
  for (int i = 0; i < 5000; ++i) texts.push_back(arena.Copy("value-" + std::to_string(i)));
  for (int i = 0; i < 5000; ++i)
    EXPECT_EQ(texts[static_cast<size_t>(i)], "value-" + std::to_string(i));
  EXPECT_GT(arena.bytes_held(), 2 * BlockPool::kBlockSize);
  arena.Reset();
  EXPECT_EQ(arena.bytes_held(), 0u);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Arena, ALargePieceLeavesTheCurrentBlockInUse) {
  BlockPool pool;
  Arena arena(pool);
  const std::string_view small = arena.Copy("small");
  const std::string large(50'000, 'x');
  EXPECT_EQ(arena.Copy(large), large);
  const std::string_view next = arena.Copy("next");
  EXPECT_EQ(next.data(), small.data() + small.size());
  EXPECT_EQ(arena.bytes_held(), BlockPool::kBlockSize + 50'000);
}

TEST(Arena, ConcatJoinsAndEmptyTakesNothing) {
  BlockPool pool;
  Arena arena(pool);
  EXPECT_EQ(arena.Copy(""), "");
  EXPECT_EQ(arena.Concat({}), "");
  EXPECT_EQ(arena.bytes_held(), 0u);
  EXPECT_EQ(arena.Concat({"a", "", "bc", "d"}), "abcd");
}

TEST(Arena, ScratchIsEmptyAndKeepsAModestCapacity) {
  BlockPool pool;
  Arena arena(pool);
  arena.Scratch().append(1000, 'a');
  const size_t capacity = arena.Scratch().capacity();
  EXPECT_GE(capacity, 1000u);
  EXPECT_EQ(arena.Scratch(), "");
  arena.Reset();
  EXPECT_EQ(arena.Scratch().capacity(), capacity);
  arena.Scratch().append(100'000, 'a');
  arena.Reset();
  EXPECT_LT(arena.Scratch().capacity(), 100u);
}

TEST(Arena, AKeptBlockIsChargedOnceAndLivesUntilReset) {
  BlockPool pool;
  Arena arena(pool);
  BlockRef block = pool.Take();
  arena.Keep(block);
  arena.Keep(block);
  EXPECT_EQ(arena.bytes_held(), BlockPool::kBlockSize);
  block = BlockRef();
  EXPECT_EQ(pool.bytes_in_use(), BlockPool::kBlockSize);
  arena.Reset();
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Watermark, TellsEachCrossingOnce) {
  using enum Watermark::Crossing;
  Watermark mark(50, 100);
  const struct {
    size_t size;
    Watermark::Crossing crossing;
  } kSteps[] = {{100, kNone}, {101, kRoseAboveHigh}, {200, kNone}, {51, kNone}, {50, kFellToLow},
                {0, kNone},   {101, kRoseAboveHigh}};
  for (const auto& step : kSteps) EXPECT_EQ(mark.Update(step.size), step.crossing) << step.size;
}

TEST(Watermark, ZeroIsNoLimit) {
  Watermark mark(0);
  EXPECT_EQ(mark.Update(SIZE_MAX), Watermark::Crossing::kNone);
}

TEST(Ledger, AddsUpByKind) {
  Ledger ledger;
  ledger.Add(LedgerKind::kHeaders, 10);
  ledger.Add(LedgerKind::kBody, 5);
  Ledger other;
  other.Add(LedgerKind::kBody, 1);
  ledger += other;
  EXPECT_EQ(ledger.held(LedgerKind::kHeaders), 10u);
  EXPECT_EQ(ledger.held(LedgerKind::kBody), 6u);
  EXPECT_EQ(ledger.total(), 16u);
}

}  // namespace
}  // namespace weir::buffer
