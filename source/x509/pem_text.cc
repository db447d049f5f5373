#include "source/x509/pem_text.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "source/base/status.h"
#include "source/x509/crypto_error.h"

namespace weir::x509 {

std::string Contents(bio_st& bio) {
  const uint8_t* data = nullptr;
  size_t size = 0;
  if (BIO_mem_contents(&bio, &data, &size) != 1) return {};
  return std::string(reinterpret_cast<const char*>(data), size);
}

SecretBytes PrivateKeyPem(evp_pkey_st& key) {
  const bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return SecretBytes();
  }
  return SecretBytes(Contents(*bio));
}

// The text ends where no further block begins; any other reason is a broken block.
absl::Status CheckEndOfBlocks(size_t count, std::string_view kind, std::string_view block) {
  const uint32_t error = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
  const std::string reason = TakeCryptoError();
  if (!at_end) {
    return InvalidArgument(StrCat(kind, " ", count + 1, " of the PEM text is broken: ", reason));
  }
  if (count == 0) return InvalidArgument(StrCat("there is no PEM block \"", block, "\" in it"));
  return absl::OkStatus();
}

}  // namespace weir::x509
