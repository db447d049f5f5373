#include "source/x509/key_kind.h"

#include <openssl/evp.h>
#include <openssl/nid.h>

namespace weir::x509 {

KeyKind KindOf(const evp_pkey_st* key) {
  switch (key == nullptr ? EVP_PKEY_NONE : EVP_PKEY_id(key)) {
    case EVP_PKEY_RSA:
      return KeyKind::kRsa;
    case EVP_PKEY_EC:
      return KeyKind::kEcdsa;
    case EVP_PKEY_ED25519:
      return KeyKind::kEd25519;
    default:
      return KeyKind::kOther;
  }
}

}  // namespace weir::x509
