// Reading the header of the PROXY protocol, and that what was read and written again says the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "source/base/check.h"
#include "source/net/proxy_header.h"

namespace weir::net {
namespace {

std::string WriteAs(ProxyVersion version, const ProxyHeader& header) {
  const ProxyEndpoints* const endpoints =
      header.endpoints.has_value() ? &*header.endpoints : nullptr;
  size_t left_out = 0;
  if (version == ProxyVersion::kV1) return WriteProxyV1(endpoints);
  std::string written = WriteProxyV2(endpoints, header.tlvs, left_out);
  WEIR_CHECK(left_out == 0, "what fitted once does not fit again");
  return written;
}

}  // namespace
}  // namespace weir::net

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::net;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ProxyHeader header;
  const ProxyReading reading = ReadProxyHeader(bytes, header);
  if (reading.outcome != ProxyReading::Outcome::kFound) return 0;
  WEIR_CHECK(reading.size <= size, "more than there was");
  ProxyHeader again;
  const std::string written = WriteAs(*reading.version, header);
  const ProxyReading second = ReadProxyHeader(written, again);
  WEIR_CHECK(second.outcome == ProxyReading::Outcome::kFound && second.size == written.size(),
             "what was written is no header");
  WEIR_CHECK(again == header, "it says something else");
  return 0;
}
