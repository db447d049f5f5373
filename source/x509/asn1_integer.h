// Serial numbers as text, the same wherever they stand.
#pragma once

#include <string>

struct asn1_string_st;

namespace weir::x509 {

// An ASN1_INTEGER in lower-case hex; "" where there is no memory for it.
std::string HexOf(const asn1_string_st& integer);

}  // namespace weir::x509
