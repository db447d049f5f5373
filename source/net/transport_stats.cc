#include "source/net/transport_stats.h"

#include <cstddef>

namespace weir::net {
namespace {

using stats::Field;
using stats::Kind;

#define FIELD(member, help) WEIR_STAT_FIELD(TransportStats, kCounter, member, help)
#define AGREED(member, index, name)                                          \
  Field{#member "." name, Kind::kCounter,                                    \
        offsetof(TransportStats, member) + (index) * sizeof(stats::Counter), \
        "Handshakes that agreed on this"}

constexpr Field kFields[] = {
    FIELD(connection_error, "TLS connections that failed for another reason than a certificate"),
    FIELD(handshake, "Handshakes finished"),
    FIELD(session_reused, "Handshakes that resumed a session"),
    FIELD(no_certificate, "Handshakes in which the peer sent no certificate"),
    FIELD(fail_verify_no_cert, "Handshakes that failed for want of a client certificate"),
    FIELD(fail_verify_error, "Handshakes in which the peer's chain was not trusted"),
    FIELD(fail_verify_san, "Handshakes in which no name of the peer's certificate matched"),
    FIELD(fail_verify_cert_hash, "Handshakes in which no hash of the peer's certificate matched"),
    FIELD(ocsp_staple_requests, "Handshakes in which the client asked for an OCSP response"),
    FIELD(ocsp_staple_responses, "Handshakes with a stapled OCSP response"),
    FIELD(ocsp_staple_omitted, "Handshakes that asked for an OCSP response and went without"),
    FIELD(ocsp_staple_failed, "Handshakes refused for want of a valid OCSP response"),
    AGREED(versions, 0, "TLSv1.2"),
    AGREED(versions, 1, "TLSv1.3"),
    AGREED(ciphers, 0, "TLS_AES_128_GCM_SHA256"),
    AGREED(ciphers, 1, "TLS_AES_256_GCM_SHA384"),
    AGREED(ciphers, 2, "TLS_CHACHA20_POLY1305_SHA256"),
    AGREED(ciphers, 3, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    AGREED(ciphers, 4, "ECDHE-RSA-AES128-GCM-SHA256"),
    AGREED(ciphers, 5, "ECDHE-ECDSA-AES256-GCM-SHA384"),
    AGREED(ciphers, 6, "ECDHE-RSA-AES256-GCM-SHA384"),
    AGREED(ciphers, 7, "ECDHE-ECDSA-CHACHA20-POLY1305"),
    AGREED(ciphers, 8, "ECDHE-RSA-CHACHA20-POLY1305"),
    AGREED(curves, 0, "X25519"),
    AGREED(curves, 1, "P-256"),
    AGREED(curves, 2, "P-384"),
    AGREED(curves, 3, "P-521"),
    AGREED(sigalgs, 0, "ecdsa_secp256r1_sha256"),
    AGREED(sigalgs, 1, "ecdsa_secp384r1_sha384"),
    AGREED(sigalgs, 2, "ecdsa_secp521r1_sha512"),
    AGREED(sigalgs, 3, "rsa_pss_rsae_sha256"),
    AGREED(sigalgs, 4, "rsa_pss_rsae_sha384"),
    AGREED(sigalgs, 5, "rsa_pss_rsae_sha512"),
    AGREED(sigalgs, 6, "rsa_pkcs1_sha256"),
    AGREED(sigalgs, 7, "rsa_pkcs1_sha384"),
    AGREED(sigalgs, 8, "rsa_pkcs1_sha512"),
    AGREED(sigalgs, 9, "ed25519"),
};

#undef AGREED
#undef FIELD

// Counts in `counters` the field "group.name".
void CountAgreed(std::span<stats::Counter> counters, std::string_view group,
                 std::string_view name) {
  size_t index = 0;
  for (const Field& field : kFields) {
    if (!field.name.starts_with(group)) continue;
    if (field.name.substr(group.size()) == name) return counters[index].Inc();
    ++index;
  }
}

}  // namespace

std::span<const Field> TransportStats::Fields() { return kFields; }

void TransportStats::CountVersion(std::string_view name) {
  CountAgreed(versions, "versions.", name);
}
void TransportStats::CountCipher(std::string_view name) { CountAgreed(ciphers, "ciphers.", name); }
void TransportStats::CountCurve(std::string_view name) { CountAgreed(curves, "curves.", name); }
void TransportStats::CountSignature(std::string_view name) {
  CountAgreed(sigalgs, "sigalgs.", name);
}

}  // namespace weir::net
