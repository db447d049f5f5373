// Private keys: parsing PEM, and whether one belongs to a certificate.
//
// The key's memory is wiped when its last holder lets go. Nothing here puts key material into a
// message. Immutable; any thread.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/x509/certificate.h"

struct evp_pkey_st;

namespace weir::x509 {

class PrivateKey {
 public:
  // Takes over the reference.
  explicit PrivateKey(evp_pkey_st* native);
  // PKCS #8, PKCS #1 and SEC 1 blocks; `password` for encrypted ones. RSA keys below 2048 bits and
  // EC curves other than P-256, P-384 and P-521 are refused.
  static absl::StatusOr<PrivateKey> Parse(std::string_view pem, std::string_view password = {});

  bool Matches(const Certificate& certificate) const;
  KeyKind kind() const;
  // Borrowed; valid as long as this.
  evp_pkey_st* native() const { return native_.get(); }

 private:
  std::shared_ptr<evp_pkey_st> native_;
};

}  // namespace weir::x509
