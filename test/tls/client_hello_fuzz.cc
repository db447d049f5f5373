#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/tls/client_hello.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::tls::ClientHello hello;
  weir::tls::ReadClientHello({reinterpret_cast<const char*>(data), size}, hello);
  return 0;
}
