// What chunked framing may cost: extensions are bounded by line and in sum.
#include "source/http/h1/body_decoder.h"

#include <gtest/gtest.h>

#include "source/base/strings.h"

namespace weir::http::h1 {
namespace {

using Progress = BodyDecoder::Progress;

class ChunkCost : public testing::Test {
 protected:
  // `count` chunks of `size` bytes, each with an extension of `extension` bytes; what came of them.
  Progress Decode(int count, size_t size, size_t extension) {
    BodyDecoder decoder;
    decoder.StartChunked(4096);
    char digits[16];
    const std::string_view hex(digits, std::to_chars(digits, digits + 16, size, 16).ptr);
    std::string line(hex);
    if (extension > 0) StrAppend(line, ";", std::string(extension - 1, 'e'));
    const std::string chunk = StrCat(line, "\r\n", std::string(size, 'd'), "\r\n");
    Progress progress = Progress::kNeedMore;
    for (int i = 0; i < count && progress == Progress::kNeedMore; ++i) {
      buffer::Buffer in(pool_), body(pool_);
      in.Append(chunk);
      progress = decoder.Decode(in, body);
    }
    why_ = decoder.why();
    return progress;
  }

  buffer::BlockPool pool_;
  const Rejection* why_ = nullptr;
};

TEST_F(ChunkCost, SmallChunksWithoutExtensionsMayGoOnForEver) {
  EXPECT_EQ(Decode(50'000, 1, 0), Progress::kNeedMore);
}

TEST_F(ChunkCost, ExtensionsAreTakenWhereTheirChunksBringEnough) {
  EXPECT_EQ(Decode(1'000, 100, 100), Progress::kNeedMore);
  EXPECT_EQ(Decode(3, 1, 4000), Progress::kNeedMore);
}

TEST_F(ChunkCost, ExtensionsThatBringNothingComeToAnEnd) {
  EXPECT_EQ(Decode(1'000, 1, 40), Progress::kRefused);
  ASSERT_EQ(why_, &kChunkOverhead);
  EXPECT_EQ(Decode(5, 1, 4000), Progress::kRefused);
  EXPECT_EQ(why_, &kChunkOverhead);
  EXPECT_EQ(Decode(1, 1, 5000), Progress::kRefused);
  EXPECT_EQ(why_, &kChunkLineTooLong);
}

TEST(ChunkLine, IsTakenAsItsGrammarSaysAndInNoOtherWay) {
  const std::string_view taken[] = {"1", "0000000000000001", "1;a", "1 ; a = \"x;\\\"y\"",
                                    "1;a=b;c"};
  const std::string_view refused[] = {"",
                                      "g",
                                      "-1",
                                      "0x1",
                                      "00000000000000001",  // A digit more than 64 bits take.
                                      "8000000000000000",   // 2^63
                                      "1;",
                                      "1;a=",
                                      "1 1",
                                      "1;a=\"x",
                                      "1;a=\"\\\x01\"",
                                      "1;a=\"\x7f\"",
                                      "1;a b",
                                      "1\r;a"};
  const auto decode = [](std::string_view line) {
    buffer::BlockPool pool;
    buffer::Buffer in(pool), body(pool);
    in.Append(StrCat(line, "\r\n"));
    BodyDecoder decoder;
    decoder.StartChunked(4096);
    return decoder.Decode(in, body);
  };
  for (const std::string_view line : taken) EXPECT_EQ(decode(line), Progress::kNeedMore) << line;
  for (const std::string_view line : refused) EXPECT_EQ(decode(line), Progress::kRefused) << line;
}

}  // namespace
}  // namespace weir::http::h1
