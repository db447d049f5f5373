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

}  // namespace
}  // namespace weir::http::h1
