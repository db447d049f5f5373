// The counters of TLS on one worker for a listener or a cluster, named as Envoy's:
// listener.<address>.ssl.*, cluster.<name>.ssl.*
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "source/stats/stats.h"

namespace weir::net {

struct TransportStats {
  static constexpr size_t kVersions = 2, kCiphers = 9, kCurves = 4, kSignatures = 10;

  stats::Counter connection_error, handshake, session_reused, no_certificate;
  stats::Counter fail_verify_no_cert, fail_verify_error, fail_verify_san, fail_verify_cert_hash;
  stats::Counter ocsp_staple_requests, ocsp_staple_responses, ocsp_staple_omitted,
      ocsp_staple_failed;
  // What handshakes agreed on, by the place of the name among Fields().
  stats::Counter versions[kVersions], ciphers[kCiphers], curves[kCurves], sigalgs[kSignatures];

  static std::span<const stats::Field> Fields();
  // Each counts `name` where it is one of the known ones.
  void CountVersion(std::string_view name);
  void CountCipher(std::string_view name);
  void CountCurve(std::string_view name);
  void CountSignature(std::string_view name);
};

}  // namespace weir::net
