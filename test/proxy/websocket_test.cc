#include "source/proxy/websocket.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

TEST(WebSocket, TheProofOfTheStandardsExample) {
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  EXPECT_EQ(WebSocketAccept("dGhlIHNhbXBsZSBub25jZQ==", arena), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, AKeyIsSixteenRandomBytes) {
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  event::Random random(1);
  const std::string_view first = NewWebSocketKey(random, arena);
  const std::string_view second = NewWebSocketKey(random, arena);
  for (std::string_view key : {first, second}) {
    EXPECT_EQ(key.size(), 24u);
    EXPECT_TRUE(key.ends_with("==")) << key;
  }
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace weir::proxy
