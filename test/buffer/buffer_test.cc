#include "source/buffer/buffer.h"

#include <cstring>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "source/event/random.h"

namespace weir::buffer {
namespace {

constexpr size_t kBlock = BlockPool::kBlockSize;

std::string Pattern(size_t n) {
  std::string out(n, '\0');
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<char>('a' + i % 26);
  return out;
}

TEST(Buffer, AnEmptyOneHoldsNoBlock) {
  BlockPool pool;
  Buffer buffer(pool);
  buffer.Append("hello");
  EXPECT_EQ(pool.bytes_in_use(), kBlock);
  buffer.Drain(5);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  EXPECT_EQ(buffer.Front(), "");
}

TEST(Buffer, AReservationThatWasNotUsedHoldsNoBlock) {
  BlockPool pool;
  Buffer buffer(pool);
  EXPECT_EQ(buffer.Reserve().size(), kBlock);
  buffer.Commit(0);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Buffer, AFewBytesThatWaitAreHeldInABlockOfTheirSize) {
  BlockPool pool;
  Buffer buffer(pool);
  buffer.Append("GET /sl");
  buffer.Compact();
  EXPECT_EQ(pool.bytes_in_use(), 7u);
  EXPECT_EQ(buffer.Front(), "GET /sl");
  // More of them join those that are there.
  buffer.Append("ow");
  EXPECT_EQ(pool.bytes_in_use(), kBlock + 7);
  buffer.Compact();
  EXPECT_EQ(pool.bytes_in_use(), 9u);
  EXPECT_EQ(buffer.ToString(), "GET /slow");
  buffer.Drain(9);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Buffer, CompactingLeavesALotAndWhatIsCompactAlone) {
  BlockPool pool;
  Buffer buffer(pool);
  buffer.Append(Pattern(1025));
  const char* const lot = buffer.Front().data();
  buffer.Compact();
  EXPECT_EQ(buffer.Front().data(), lot);
  buffer.Drain(1);
  buffer.Compact();
  EXPECT_NE(buffer.Front().data(), lot);
  const char* const compact = buffer.Front().data();
  buffer.Compact();
  EXPECT_EQ(buffer.Front().data(), compact);
  EXPECT_EQ(buffer.ToString(), Pattern(1025).substr(1));
}

TEST(Buffer, CompactingLeavesViewsIntoABlockThatSomebodyKeeps) {
  BlockPool pool;
  Buffer buffer(pool);
  buffer.Append("headrest");
  const BlockRef kept = buffer.FrontBlock();
  const std::string_view head = buffer.Front().substr(0, 4);
  buffer.Drain(4);
  buffer.Compact();
  EXPECT_EQ(head, "head");
  EXPECT_EQ(buffer.Front(), "rest");
  EXPECT_EQ(pool.bytes_in_use(), kBlock + 4);
}

TEST(Buffer, ReadsAndWritesAcrossBlocks) {
  BlockPool pool;
  Buffer buffer(pool);
  const std::string text = Pattern(3 * kBlock + 17);
  buffer.Append(text);
  EXPECT_EQ(buffer.size(), text.size());
  EXPECT_EQ(buffer.ToString(), text);
  EXPECT_EQ(buffer.Front().size(), kBlock);
  buffer.Drain(kBlock + 3);
  EXPECT_EQ(buffer.ToString(), text.substr(kBlock + 3));
}

TEST(Buffer, ReserveGoesOnInTheLastBlock) {
  BlockPool pool;
  Buffer buffer(pool);
  buffer.Append("abc");
  std::span<char> room = buffer.Reserve(10);
  EXPECT_EQ(room.size(), kBlock - 3);
  std::memcpy(room.data(), "def", 3);
  buffer.Commit(3);
  EXPECT_EQ(buffer.Front(), "abcdef");
  EXPECT_GE(buffer.Reserve(kBlock).size(), kBlock);
  buffer.Commit(0);
  EXPECT_EQ(buffer.ToString(), "abcdef");
}

TEST(Buffer, MoveFromMovesSlicesWithoutCopying) {
  BlockPool pool;
  Buffer from(pool), to(pool);
  from.Append(Pattern(kBlock));
  const char* where = from.Front().data();
  to.MoveFrom(from);
  EXPECT_EQ(to.Front().data(), where);
  EXPECT_TRUE(from.empty());
  EXPECT_EQ(pool.bytes_in_use(), kBlock);
}

TEST(Buffer, MovingAPartSharesTheBlock) {
  BlockPool pool;
  Buffer from(pool), to(pool);
  from.Append("hello world");
  to.MoveFrom(from, 6);
  EXPECT_EQ(to.ToString(), "hello ");
  EXPECT_EQ(from.ToString(), "world");
  EXPECT_EQ(pool.bytes_in_use(), kBlock);
  // Both may go on writing into the one block without treading on each other.
  to.Append("there");
  from.Append("!");
  EXPECT_EQ(to.ToString(), "hello there");
  EXPECT_EQ(from.ToString(), "world!");
}

TEST(Buffer, NeighboursBecomeOneSliceAgain) {
  BlockPool pool;
  Buffer from(pool), to(pool);
  const std::string text = Pattern(1000);
  from.Append(text);
  for (size_t i = 0; i < text.size(); ++i) to.MoveFrom(from, 1);
  iovec vectors[4];
  EXPECT_EQ(to.Gather(vectors), 1u);
  EXPECT_EQ(to.ToString(), text);
}

TEST(Buffer, ShortSlicesAreMergedSoThatManyDoNotHoldABlockEach) {
  BlockPool pool;
  Buffer to(pool);
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    Buffer from(pool);
    from.Append("chunk " + std::to_string(i));
    expected += from.ToString();
    to.MoveFrom(from);
  }
  EXPECT_EQ(to.ToString(), expected);
  EXPECT_LE(pool.bytes_in_use(), 3 * kBlock);
}

TEST(Buffer, LinearizeJoinsWhatIsApart) {
  BlockPool pool;
  Buffer buffer(pool);
  const std::string text = Pattern(2 * kBlock + 100);
  buffer.Append(text);
  buffer.Drain(kBlock - 5);
  EXPECT_EQ(buffer.Linearize(10), text.substr(kBlock - 5, 10));
  EXPECT_EQ(buffer.ToString(), text.substr(kBlock - 5));
  EXPECT_EQ(buffer.Linearize(buffer.size()), text.substr(kBlock - 5));
  EXPECT_EQ(buffer.size(), text.size() - (kBlock - 5));
  EXPECT_EQ(buffer.Linearize(0), "");
}

TEST(Buffer, FrontBlockKeepsViewsAliveAfterDraining) {
  BlockPool pool;
  Buffer buffer(pool);
  buffer.Append("kept");
  const std::string_view view = buffer.Front();
  const BlockRef block = buffer.FrontBlock();
  buffer.Drain(4);
  EXPECT_EQ(view, "kept");
}

TEST(Buffer, GatherStopsAtTheVectorsGiven) {
  BlockPool pool;
  Buffer buffer(pool);
  buffer.Append(Pattern(3 * kBlock));
  iovec vectors[2];
  EXPECT_EQ(buffer.Gather(vectors), 2u);
  EXPECT_EQ(vectors[1].iov_len, kBlock);
}

TEST(Buffer, AMovedFromOneIsEmptyAndUsable) {
  BlockPool pool;
  Buffer a(pool);
  a.Append("one");
  Buffer b(std::move(a));
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move)
  a.Append("two");
  EXPECT_EQ(b.ToString(), "one");
  b = std::move(a);
  EXPECT_EQ(b.ToString(), "two");
  EXPECT_EQ(pool.bytes_in_use(), kBlock);
}

TEST(BufferDeathTest, DrainingMoreThanThereIsEndsTheProcess) {
  BlockPool pool;
  Buffer buffer(pool);
  buffer.Append("ab");
  EXPECT_DEATH(buffer.Drain(3), "drained more than there is");
}

// Random operations against strings: what a queue of bytes is.
class BufferAgainstString : public ::testing::TestWithParam<uint64_t> {};

TEST_P(BufferAgainstString, HoldsTheSameBytes) {
  event::Random random(GetParam());
  BlockPool pool(4);
  {
    std::vector<Buffer> buffers;
    std::vector<std::string> strings(3);
    for (int i = 0; i < 3; ++i) buffers.emplace_back(pool);
    const std::string source = Pattern(2 * kBlock);
    for (int step = 0; step < 3000; ++step) {
      const size_t a = random.Below(3), b = random.Below(3);
      const size_t most = random.Below(4) == 0 ? 2 * kBlock : 100;
      const size_t n = random.Below(most);
      switch (random.Below(6)) {
        case 0:
        case 1:
          buffers[a].Append(std::string_view(source).substr(0, n));
          strings[a] += source.substr(0, n);
          break;
        case 2: {
          const size_t drained = std::min(n, strings[a].size());
          buffers[a].Drain(drained);
          strings[a].erase(0, drained);
          break;
        }
        case 3: {
          if (a == b) break;
          const size_t moved = std::min(n, strings[b].size());
          buffers[a].MoveFrom(buffers[b], moved);
          strings[a] += strings[b].substr(0, moved);
          strings[b].erase(0, moved);
          break;
        }
        case 4: {
          const size_t joined = std::min(n, strings[a].size());
          ASSERT_EQ(buffers[a].Linearize(joined), strings[a].substr(0, joined));
          break;
        }
        case 5: {
          std::span<char> room = buffers[a].Reserve(1 + n % 4096);
          const size_t filled = std::min(n, room.size());
          std::memcpy(room.data(), source.data(), filled);
          buffers[a].Commit(filled);
          strings[a] += source.substr(0, filled);
          break;
        }
      }
      ASSERT_EQ(buffers[a].size(), strings[a].size()) << "step " << step;
      if (step % 16 == 0) ASSERT_EQ(buffers[a].ToString(), strings[a]) << "step " << step;
      if (strings[a].size() > 8 * kBlock) {
        buffers[a].Clear();
        strings[a].clear();
      }
    }
    for (int i = 0; i < 3; ++i) ASSERT_EQ(buffers[i].ToString(), strings[i]);
  }
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, BufferAgainstString, ::testing::Range<uint64_t>(0, 8));

}  // namespace
}  // namespace weir::buffer
