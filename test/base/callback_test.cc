#include "source/base/callback.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(Callback, IsAsLargeAsTwoPointers) { EXPECT_EQ(sizeof(Callback), 2 * sizeof(void*)); }

TEST(Callback, CallsWhatFitsAPointer) {
  int calls = 0;
  Callback callback([&calls] { ++calls; });
  callback();
  callback();
  EXPECT_EQ(calls, 2);
}

TEST(Callback, CallsAndDestroysWhatIsLarger) {
  const auto shared = std::make_shared<std::string>("abc");
  std::string heard;
  {
    Callback callback([shared, &heard, suffix = std::string("def")] { heard = *shared + suffix; });
    EXPECT_EQ(shared.use_count(), 2);
    callback();
  }
  EXPECT_EQ(heard, "abcdef");
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(Callback, DestroysWhatFitsAPointer) {
  struct Counted {
    explicit Counted(int& alive) : count(&alive) { ++*count; }
    Counted(const Counted& other) : count(other.count) { ++*count; }
    ~Counted() { --*count; }
    void operator()() {}
    int* count;
  };
  int alive = 0;
  {
    const Callback callback{Counted(alive)};
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace weir
