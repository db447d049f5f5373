// After warm-up a proxied keep-alive request allocates nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "test/http/h1/proxied_request.h"

namespace {
std::atomic<uint64_t> allocations{0};
}  // namespace

void* operator new(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace weir::http::h1 {
namespace {

TEST(Allocation, AProxiedRequestAllocatesNothing) {
  buffer::BlockPool pool;
  ProxiedRequest proxied(pool);
  for (int i = 0; i < 10; ++i) proxied.Run(kTypicalRequest, kTypicalAnswer);
  const uint64_t before = allocations.load();
  const size_t free_before = pool.bytes_free();
  for (int i = 0; i < 1000; ++i) proxied.Run(kTypicalRequest, kTypicalAnswer);
  EXPECT_EQ(allocations.load() - before, 0u);
  EXPECT_EQ(pool.bytes_free(), free_before) << "blocks come from the pool, and go back to it";
  EXPECT_EQ(proxied.done, 1010);
  EXPECT_EQ(proxied.failures, 0);
}

TEST(Allocation, AnIdleConnectionHoldsNoBlock) {
  buffer::BlockPool pool;
  ProxiedRequest proxied(pool);
  proxied.Run(kTypicalRequest, kTypicalAnswer);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

}  // namespace
}  // namespace weir::http::h1
