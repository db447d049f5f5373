#include "source/x509/asn1_integer.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/mem.h>

#include "source/base/strings.h"

namespace weir::x509 {

std::string HexOf(const asn1_string_st& integer) {
  const bssl::UniquePtr<BIGNUM> number(ASN1_INTEGER_to_BN(&integer, nullptr));
  if (number == nullptr) return {};
  const bssl::UniquePtr<char> hex(BN_bn2hex(number.get()));
  return hex == nullptr ? "" : AsciiLower(hex.get());
}

}  // namespace weir::x509
