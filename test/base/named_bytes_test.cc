#include "source/base/named_bytes.h"

#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(NamedBytes, GivesBackWhatItWasMadeFrom) {
  struct Case {
    std::string name, version, bytes;
  };
  const std::string with_nul("\x0a\x01\0a\xff", 5);
  for (const Case& c : {Case{"a", "1",
                             "\x0a\x01"
                             "a"},
                        Case{"not in it", "", "bytes"}, Case{"", "", ""}, Case{"n", "v", with_nul},
                        Case{"bytes", "v", "bytes"}}) {
    const NamedBytes kept(std::string_view(c.name), c.version, c.bytes);
    EXPECT_EQ(kept.name(), c.name);
    EXPECT_EQ(kept.version(), c.version);
    EXPECT_EQ(kept.bytes(), c.bytes);
  }
}

TEST(NamedBytes, ACopyOutlivesTheOriginalAndSharesItsTexts) {
  auto original = std::make_unique<NamedBytes>("name", "1", "the name is in here");
  const NamedBytes copy = *original;
  EXPECT_EQ(copy.bytes().data(), original->bytes().data());
  // The name is kept once.
  EXPECT_EQ(copy.name().data(), copy.bytes().data() + 4);
  original.reset();
  EXPECT_EQ(copy.name(), "name");
}

TEST(NamedBytes, EqualIsWhatHasEqualTexts) {
  EXPECT_EQ(NamedBytes(), NamedBytes("", "", ""));
  EXPECT_EQ(NamedBytes("a", "1", "x"), NamedBytes("a", "1", "x"));
  EXPECT_NE(NamedBytes("a", "1", "x"), NamedBytes("b", "1", "x"));
  EXPECT_NE(NamedBytes("a", "1", "x"), NamedBytes("a", "2", "x"));
  EXPECT_NE(NamedBytes("a", "1", "x"), NamedBytes("a", "1", "y"));
}

}  // namespace
}  // namespace weir
