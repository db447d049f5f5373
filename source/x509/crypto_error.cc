#include "source/x509/crypto_error.h"

#include <openssl/err.h>

namespace weir::x509 {

std::string TakeCryptoError() {
  const uint32_t error = ERR_get_error();
  ERR_clear_error();
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "unknown reason" : reason;
}

}  // namespace weir::x509
