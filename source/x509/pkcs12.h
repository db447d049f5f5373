// PKCS #12 (RFC 7292): a key with its chain in one file, encrypted with a password.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/base/secret_bytes.h"

namespace weir::x509 {

// The same as PEM texts: the certificate of the key comes first, the others as the file has them.
struct KeyAndChain {
  std::string chain_pem;
  SecretBytes key_pem;  // PKCS #8, not encrypted.
};

// One without a key or without its certificate is an error. The error holds no bytes of a key. Any
// thread.
absl::StatusOr<KeyAndChain> ParsePkcs12(std::string_view der, std::string_view password);

}  // namespace weir::x509
