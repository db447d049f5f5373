#include "source/proxy/websocket.h"

#include <openssl/base64.h>
#include <openssl/sha.h>

#include <cstring>

namespace weir::proxy {
namespace {

// RFC 6455, 1.3.
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

template <size_t kSize>
std::string_view Base64(const uint8_t (&bytes)[kSize], buffer::Arena& arena) {
  constexpr size_t kText = (kSize + 2) / 3 * 4;
  char* const text = arena.Allocate(kText + 1);  // With a zero that is not part of it.
  EVP_EncodeBlock(reinterpret_cast<uint8_t*>(text), bytes, kSize);
  return {text, kText};
}

}  // namespace

std::string_view NewWebSocketKey(event::Random& random, buffer::Arena& arena) {
  const uint64_t numbers[2] = {random.Next(), random.Next()};
  uint8_t nonce[sizeof(numbers)];
  std::memcpy(nonce, numbers, sizeof(numbers));
  return Base64(nonce, arena);
}

std::string_view WebSocketAccept(std::string_view key, buffer::Arena& arena) {
  const std::string_view text = arena.Concat({key, kGuid});
  uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const uint8_t*>(text.data()), text.size(), digest);
  return Base64(digest, arena);
}

}  // namespace weir::proxy
