#include "source/x509/pkcs12.h"

#include <openssl/bytestring.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs8.h>
#include <openssl/x509.h>

#include <algorithm>
#include <vector>

#include "source/base/status.h"
#include "source/x509/certificate.h"
#include "source/x509/crypto_error.h"
#include "source/x509/pem_text.h"

namespace weir::x509 {
namespace {

absl::Status Refusal() {
  const uint32_t error = ERR_peek_error();
  const bool wrong_password =
      ERR_GET_LIB(error) == ERR_LIB_PKCS8 && ERR_GET_REASON(error) == PKCS8_R_INCORRECT_PASSWORD;
  const std::string reason = TakeCryptoError();
  if (wrong_password) return InvalidArgument("the password does not open the PKCS #12 file");
  return InvalidArgument(StrCat("the bytes are no PKCS #12 file in DER: ", reason));
}

}  // namespace

absl::StatusOr<KeyAndChain> ParsePkcs12(std::string_view der, std::string_view password) {
  CBS in;
  CBS_init(&in, reinterpret_cast<const uint8_t*>(der.data()), der.size());
  const bssl::UniquePtr<STACK_OF(X509)> parsed(sk_X509_new_null());
  EVP_PKEY* native = nullptr;
  // The library wants an end of its own.
  const SecretBytes terminated{std::string(password)};
  const char* const text = terminated.empty() ? "" : terminated.view().data();
  if (PKCS12_get_key_and_certs(&native, parsed.get(), &in, text) != 1) return Refusal();
  const bssl::UniquePtr<EVP_PKEY> key(native);
  if (key == nullptr) return InvalidArgument("there is no private key in the PKCS #12 file");
  std::vector<Certificate> chain;
  for (X509* certificate : parsed.get()) chain.emplace_back(bssl::UpRef(certificate).release());
  const auto leaf = std::find_if(chain.begin(), chain.end(), [&](const Certificate& certificate) {
    return X509_check_private_key(certificate.native(), key.get()) == 1;
  });
  ERR_clear_error();
  if (leaf == chain.end()) {
    return InvalidArgument("there is no certificate of the private key in the PKCS #12 file");
  }
  std::rotate(chain.begin(), leaf, leaf + 1);
  KeyAndChain contents{.chain_pem = {}, .key_pem = PrivateKeyPem(*key)};
  for (const Certificate& certificate : chain) contents.chain_pem += certificate.Pem();
  return contents;
}

}  // namespace weir::x509
