// Reading the header of the PROXY protocol, that what was read and written again says the same, and
// that it can be passed on in every format. What follows a header chooses the format.
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

// Both endpoints of one family, whatever stands in the two.
void CheckMixed(const ProxyEndpoints& endpoints, ProxyVersion version) {
  const Address v4 = Address::Ip(IpAddress::V4(0x0a000001), 1);
  const ProxyEndpoints mixed{v4, endpoints.destination};
  ProxyHeader read;
  const std::string written = WriteAs(version, ProxyHeader{.endpoints = mixed, .tlvs = {}});
  WEIR_CHECK(ReadProxyHeader(written, read).outcome == ProxyReading::Outcome::kFound, "a header");
  WEIR_CHECK(read.endpoints.has_value(), "it has endpoints");
  WEIR_CHECK(read.endpoints->source.ip().is_v6() == read.endpoints->destination.ip().is_v6(),
             "of one family");
  const ProxyEndpoints elsewhere{*Address::Parse("unix:/run/a"), v4};
  ProxyHeader nothing;
  (void)ReadProxyHeader(WriteAs(version, {.endpoints = elsewhere, .tlvs = {}}), nothing);
  WEIR_CHECK(!nothing.endpoints.has_value(), "a path cannot be said");
}

// As a proxy passes it on: `choice` says how.
void CheckPassedOn(const ProxyHeader& header, std::string_view choice) {
  ProxyHeaderFormat format;
  if (choice.empty()) return;
  format.version = choice[0] == '1' ? ProxyVersion::kV1 : ProxyVersion::kV2;
  format.pass_through.all = choice[0] == '*';
  for (const char c : choice.substr(1)) {
    format.pass_through.types.push_back(static_cast<uint8_t>(c));
  }
  const bool large = choice[0] == 'L';
  format.added.push_back({.type = 0xE0, .value = std::string(large ? 65500 : 4, 'x')});
  size_t left_out = 0;
  const std::string written = WriteProxyHeader(
      format, header.endpoints.has_value() ? &*header.endpoints : nullptr, header.tlvs, left_out);
  WEIR_CHECK(written.size() <= kLongestProxyHeader, "a header that is too long");
  ProxyHeader again;
  WEIR_CHECK(ReadProxyHeader(written, again).outcome == ProxyReading::Outcome::kFound, "a header");
  WEIR_CHECK(again.endpoints == header.endpoints, "other endpoints");
  for (const ProxyTlv& tlv : again.tlvs) {
    WEIR_CHECK(tlv.type == 0xE0 || format.pass_through.Takes(tlv.type), "a TLV that nobody chose");
  }
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
  if (header.endpoints.has_value()) CheckMixed(*header.endpoints, *reading.version);
  CheckPassedOn(header, bytes.substr(reading.size));
  return 0;
}
