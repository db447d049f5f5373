#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/tls/client_hello.h"
#include "source/tls/fingerprint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::tls::ClientHello hello;
  weir::tls::ClientOffers offers;
  weir::tls::ReadClientHello({reinterpret_cast<const char*>(data), size}, hello, &offers);
  weir::tls::Ja3Hash(offers);
  weir::tls::Ja4(hello, offers);
  return 0;
}
