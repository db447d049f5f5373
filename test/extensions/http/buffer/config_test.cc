#include "source/extensions/http/buffer/config.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "test/scenario/bootstraps.h"
#include "test/scenario/world.h"

namespace weir::extensions::http::buffer {
namespace {

using scenario::World;

// Why the filter was refused; "" when it was not.
std::string Refusal(const std::string& fields) {
  World world(scenario::EdgeBootstrap(
      {.http_filters = "- name: buffer\n"
                       "  typed_config:\n"
                       "    \"@type\": "
                       "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer\n" +
                       scenario::Indented(fields, 4)}));
  return std::string(world.status().message());
}

TEST(BufferConfig, NeedsALimit) {
  EXPECT_THAT(Refusal(""), testing::HasSubstr("max_request_bytes"));
  EXPECT_THAT(Refusal("max_request_bytes: 0"), testing::HasSubstr("max_request_bytes"));
  EXPECT_EQ(Refusal("max_request_bytes: 1"), "");
}

TEST(BufferConfig, IsEqualByItsLimit) {
  BufferConfig a, b;
  a.max_request_bytes = b.max_request_bytes = 7;
  EXPECT_TRUE(a.Equals(b));
  b.max_request_bytes = 8;
  EXPECT_FALSE(a.Equals(b));
}

}  // namespace
}  // namespace weir::extensions::http::buffer
