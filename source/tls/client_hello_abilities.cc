#include "source/tls/client_hello_abilities.h"

#include <openssl/bytestring.h>
#include <openssl/nid.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <optional>

namespace weir::tls {
namespace {

// The 16-bit numbers of an extension that is a vector of them; nothing when it is absent.
std::optional<std::vector<uint16_t>> Numbers(const SSL_CLIENT_HELLO& hello, uint16_t extension,
                                             bool short_length) {
  const uint8_t* data = nullptr;
  size_t size = 0;
  if (SSL_early_callback_ctx_extension_get(&hello, extension, &data, &size) != 1) {
    return std::nullopt;
  }
  CBS body, list;
  CBS_init(&body, data, size);
  const bool whole = short_length ? CBS_get_u8_length_prefixed(&body, &list)
                                  : CBS_get_u16_length_prefixed(&body, &list);
  std::vector<uint16_t> numbers;
  uint16_t number = 0;
  while (whole && CBS_get_u16(&list, &number)) numbers.push_back(number);
  return numbers;
}

bool Has(const std::optional<std::vector<uint16_t>>& numbers, uint16_t wanted) {
  return numbers.has_value() &&
         std::find(numbers->begin(), numbers->end(), wanted) != numbers->end();
}

bool Sends(const SSL_CLIENT_HELLO& hello, uint16_t extension) {
  const uint8_t* data = nullptr;
  size_t size = 0;
  return SSL_early_callback_ctx_extension_get(&hello, extension, &data, &size) == 1;
}

bool OffersEcdsaCipher(const SSL_CLIENT_HELLO& hello) {
  CBS list;
  CBS_init(&list, hello.cipher_suites, hello.cipher_suites_len);
  uint16_t id = 0;
  while (CBS_get_u16(&list, &id)) {
    const SSL_CIPHER* const cipher = SSL_get_cipher_by_value(id);
    if (cipher != nullptr && SSL_CIPHER_get_auth_nid(cipher) == NID_auth_ecdsa) return true;
  }
  return false;
}

}  // namespace

ClientAbilities ReadAbilities(const ssl_early_callback_ctx& hello, bool speaks_tls13) {
  const auto signatures = Numbers(hello, TLSEXT_TYPE_signature_algorithms, false);
  const bool tls13 =
      speaks_tls13 && Has(Numbers(hello, TLSEXT_TYPE_supported_versions, true), TLS1_3_VERSION);
  ClientAbilities client;
  client.wants_staple = Sends(hello, TLSEXT_TYPE_status_request);
  client.ed25519 = Has(signatures, SSL_SIGN_ED25519);
  if (tls13) {
    // RFC 8446, 4.2.3: the scheme names the curve, whatever supported_groups says.
    if (Has(signatures, SSL_SIGN_ECDSA_SECP256R1_SHA256))
      client.curves.push_back(SSL_CURVE_SECP256R1);
    if (Has(signatures, SSL_SIGN_ECDSA_SECP384R1_SHA384))
      client.curves.push_back(SSL_CURVE_SECP384R1);
    if (Has(signatures, SSL_SIGN_ECDSA_SECP521R1_SHA512))
      client.curves.push_back(SSL_CURVE_SECP521R1);
    client.ecdsa = !client.curves.empty();
    return client;
  }
  client.ecdsa = OffersEcdsaCipher(hello);
  // RFC 8422, 4: without the extension the client takes any curve; P-256 is what all have.
  client.curves = Numbers(hello, TLSEXT_TYPE_supported_groups, false)
                      .value_or(std::vector<uint16_t>{SSL_CURVE_SECP256R1});
  return client;
}

}  // namespace weir::tls
