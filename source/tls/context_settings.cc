#include "source/tls/context_settings.h"

#include <openssl/ssl.h>

#include "source/base/check.h"
#include "source/base/status.h"
#include "source/x509/crypto_error.h"

namespace weir::tls {
namespace {

// TLS 1.2: forward secrecy and authenticated encryption alone; which of AES and ChaCha20 comes
// first is the client's choice.
constexpr char kCiphers[] =
    "[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]:"
    "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr char kCurves[] = "X25519:P-256";

uint16_t NumberOf(config::TlsVersion version) {
  return version == config::TlsVersion::kTls12 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

absl::Status SetLists(SSL_CTX* context, const config::TlsParameters& parameters) {
  const auto refused = [](std::string_view field, std::string_view value) {
    return InvalidArgument(
        StrCat(field, ": \"", value, "\" is refused: ", x509::TakeCryptoError()));
  };
  const std::string ciphers = parameters.ciphers.empty() ? kCiphers : parameters.ciphers;
  if (SSL_CTX_set_strict_cipher_list(context, ciphers.c_str()) != 1) {
    return refused("cipher_suites", ciphers);
  }
  const std::string curves = parameters.curves.empty() ? kCurves : parameters.curves;
  if (SSL_CTX_set1_curves_list(context, curves.c_str()) != 1) {
    return refused("ecdh_curves", curves);
  }
  if (!parameters.signature_algorithms.empty() &&
      SSL_CTX_set1_sigalgs_list(context, parameters.signature_algorithms.c_str()) != 1) {
    return refused("signature_algorithms", parameters.signature_algorithms);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SharedContext> MakeContext(const config::TlsParameters& parameters) {
  SharedContext context(SSL_CTX_new(TLS_with_buffers_method()), SSL_CTX_free);
  WEIR_CHECK(context != nullptr, "out of memory");
  SSL_CTX_set_min_proto_version(context.get(), NumberOf(parameters.minimum));
  SSL_CTX_set_max_proto_version(context.get(), NumberOf(parameters.maximum));
  WEIR_RETURN_IF_ERROR(SetLists(context.get(), parameters));
  return context;
}

std::string EncodeAlpn(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& protocol : protocols) {
    wire.push_back(static_cast<char>(protocol.size()));
    wire += protocol;
  }
  return wire;
}

}  // namespace weir::tls
