// What algorithm a key is for. Pure.
#pragma once

#include <cstdint>

struct evp_pkey_st;

namespace weir::x509 {

enum class KeyKind : uint8_t { kRsa, kEcdsa, kEd25519, kOther };

// kOther for null.
KeyKind KindOf(const evp_pkey_st* key);

}  // namespace weir::x509
