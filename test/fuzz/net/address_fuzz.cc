// Addresses as text: what is one is written and read again the same, and CIDR blocks hold theirs.
#include "source/base/check.h"
#include "source/net/address.h"
#include "test/fuzz/lines.h"

namespace weir::net {
namespace {

void CheckIp(std::string_view text, uint32_t prefix) {
  const auto ip = IpAddress::Parse(text);
  if (!ip.has_value()) return;
  WEIR_CHECK(IpAddress::Parse(ip->ToString()) == *ip, "an address says the same again");
  WEIR_CHECK(!(ip->IsAny() && ip->IsLoopback()), "it is one of the two");
  const auto block = CidrRange::Create(*ip, prefix);
  WEIR_CHECK(block.ok() == (prefix <= ip->size() * 8), "a prefix is as long as the address");
  if (!block.ok()) return;
  WEIR_CHECK(block->Contains(*ip) && block->Contains(block->address()), "a block holds its own");
  WEIR_CHECK(CidrRange::Create(block->address(), prefix).value() == *block, "it is cleared once");
  WEIR_CHECK(!block->ToString().empty(), "it has a text");
}

void CheckAddress(std::string_view text) {
  const auto address = Address::Parse(text);
  if (!address.ok()) {
    WEIR_CHECK(!address.status().message().empty(), "a refusal has a reason");
    return;
  }
  sockaddr_storage storage{};
  const socklen_t length = address->ToSockaddr(storage);
  WEIR_CHECK(Address::FromSockaddr(storage, length).ToString() == address->ToString(),
             "the kernel's form is the same address");
  if (!address->is_ip()) return;
  const auto again = Address::Parse(address->ToString());
  WEIR_CHECK(again.ok() && *again == *address, "an address says the same again");
}

}  // namespace
}  // namespace weir::net

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = weir::TextOf(data, size);
  const uint8_t prefix = weir::TakeByte(rest);
  weir::net::CheckIp(rest, prefix);
  weir::net::CheckAddress(rest);
  (void)weir::net::Address::Unix(rest);
  return 0;
}
