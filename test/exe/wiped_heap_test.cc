// Blocks of the heap after their end, as only a plain build lets one see them.

#include "source/exe/wiped_heap.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr std::string_view kSecret = "-----BEGIN PRIVATE KEY-----";

// Reads memory that may have been freed, behind the compiler's back.
[[gnu::noinline]] bool StandsAt(uintptr_t address, std::string_view text) {
  const auto* const place = reinterpret_cast<const volatile char*>(address);
  for (size_t i = 0; i < text.size(); ++i) {
    if (place[i] != text[i]) return false;
  }
  return true;
}

// What the allocator writes into a free block itself is at its start.
constexpr size_t kOwnOfTheAllocator = 64;

[[gnu::noinline]] uintptr_t Write(char* block, size_t size) {
  std::memset(block, 'x', size);
  std::memcpy(block + kOwnOfTheAllocator, kSecret.data(), kSecret.size());
  return reinterpret_cast<uintptr_t>(block) + kOwnOfTheAllocator;
}

class WipedHeapTest : public testing::TestWithParam<size_t> {
 protected:
  const size_t size_ = GetParam();
  // Keeps the block from being joined to the rest of the heap, or given back to the system.
  void* Fence() { return fence_ = malloc(size_); }
  ~WipedHeapTest() override { free(fence_); }

 private:
  void* fence_ = nullptr;
};

// The cache of a thread, bins of small blocks and of large ones.
INSTANTIATE_TEST_SUITE_P(Sizes, WipedHeapTest, testing::Values(128, 1'000, 5'000, 60'000));

TEST_P(WipedHeapTest, FreedBlockIsZero) {
  auto* const block = static_cast<char*>(malloc(size_));
  Fence();
  const uintptr_t secret = Write(block, size_);
  ASSERT_TRUE(StandsAt(secret, kSecret));
  free(block);
  EXPECT_TRUE(StandsAt(secret, std::string(kSecret.size(), '\0')));
}

TEST_P(WipedHeapTest, ObjectsOfCppComeFromIt) {
  auto* const block = new char[size_];
  Fence();
  const uintptr_t secret = Write(block, size_);
  delete[] block;
  EXPECT_TRUE(StandsAt(secret, std::string(kSecret.size(), '\0')));
}

TEST_P(WipedHeapTest, PlaceThatABlockGrewOutOfIsZero) {
  auto* const block = static_cast<char*>(malloc(size_));
  Fence();
  const uintptr_t secret = Write(block, size_);
  auto* const grown = static_cast<char*>(realloc(block, 4 * size_));
  EXPECT_NE(reinterpret_cast<uintptr_t>(grown) + kOwnOfTheAllocator, secret);
  EXPECT_TRUE(StandsAt(secret, std::string(kSecret.size(), '\0')));
  EXPECT_EQ(std::string_view(grown + kOwnOfTheAllocator, kSecret.size()), kSecret);
  free(grown);
}

TEST_P(WipedHeapTest, BlockThatShrinksLeavesNothingBehind) {
  auto* const block = static_cast<char*>(malloc(size_));
  Fence();
  const uintptr_t secret = Write(block, size_);
  auto* const shrunk = static_cast<char*>(realloc(block, kOwnOfTheAllocator / 2));
  EXPECT_FALSE(StandsAt(secret, kSecret));
  EXPECT_EQ(std::string_view(shrunk, 4), "xxxx");
  free(shrunk);
}

TEST_P(WipedHeapTest, AThreadThatSaysSoLeavesWhatItFrees) {
  std::thread([this] {
    exe::LeaveWhatThisThreadFrees();
    auto* const block = static_cast<char*>(malloc(size_));
    void* const fence = malloc(size_);
    const uintptr_t secret = Write(block, size_);
    free(block);
    EXPECT_TRUE(StandsAt(secret, kSecret));
    free(fence);
  }).join();
}

TEST(WipedHeapEdgesTest, ReallocKeepsItsContract) {
  EXPECT_EQ(realloc(malloc(100), 0), nullptr);
  void* const made = realloc(nullptr, 100);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(realloc(made, 90), made) << "a block that fits stays";
  EXPECT_EQ(realloc(made, SIZE_MAX / 2), nullptr) << "and is still there when there is no more";
  std::memset(made, 'x', 90);
  free(made);
  free(nullptr);
}

}  // namespace
}  // namespace weir
