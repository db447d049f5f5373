#include "source/x509/private_key.h"

#include <openssl/bio.h>
#include <openssl/ec_key.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "source/base/status.h"
#include "source/x509/crypto_error.h"

namespace weir::x509 {
namespace {

constexpr int kLeastRsaBits = 2048;

// Hands the password to the PEM reader. Without this the library would ask on the terminal.
int GivePassword(char* out, int size, int, void* user) {
  const auto& password = *static_cast<const std::string_view*>(user);
  if (password.empty() || static_cast<size_t>(size) < password.size()) return -1;
  std::memcpy(out, password.data(), password.size());
  return static_cast<int>(password.size());
}

absl::Status CheckStrength(const EVP_PKEY* key) {
  switch (EVP_PKEY_id(key)) {
    case EVP_PKEY_RSA:
      if (EVP_PKEY_bits(key) >= kLeastRsaBits) return absl::OkStatus();
      return InvalidArgument(StrCat("an RSA key needs at least ", kLeastRsaBits, " bits, this has ",
                                    EVP_PKEY_bits(key)));
    case EVP_PKEY_EC: {
      const EC_GROUP* const group = EC_KEY_get0_group(EVP_PKEY_get0_EC_KEY(key));
      const int curve = EC_GROUP_get_curve_name(group);
      if (curve == NID_X9_62_prime256v1 || curve == NID_secp384r1 || curve == NID_secp521r1) {
        return absl::OkStatus();
      }
      return InvalidArgument("an EC key must be on P-256, P-384 or P-521");
    }
    case EVP_PKEY_ED25519:
      return absl::OkStatus();
    default:
      return InvalidArgument("the key must be RSA, ECDSA or Ed25519");
  }
}

}  // namespace

PrivateKey::PrivateKey(evp_pkey_st* native) : native_(native, EVP_PKEY_free) {}

absl::StatusOr<PrivateKey> PrivateKey::Parse(std::string_view pem, std::string_view password) {
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  EVP_PKEY* const parsed =
      PEM_read_bio_PrivateKey(bio.get(), nullptr, GivePassword, static_cast<void*>(&password));
  if (parsed == nullptr) {
    const uint32_t error = ERR_peek_last_error();
    const std::string reason = TakeCryptoError();
    if (ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) {
      return InvalidArgument("there is no PEM block \"PRIVATE KEY\" in it");
    }
    if (pem.find("ENCRYPTED") != std::string_view::npos) {
      return InvalidArgument(password.empty() ? "the key is encrypted and no password is given"
                                              : "the password does not open the key");
    }
    return InvalidArgument(StrCat("the PEM text is no private key: ", reason));
  }
  PrivateKey key(parsed);
  WEIR_RETURN_IF_ERROR(CheckStrength(parsed));
  return key;
}

bool PrivateKey::Matches(const Certificate& certificate) const {
  const bool matches = X509_check_private_key(certificate.native(), native()) == 1;
  ERR_clear_error();
  return matches;
}

KeyKind PrivateKey::kind() const { return KindOf(native()); }

}  // namespace weir::x509
