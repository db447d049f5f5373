// Which certificates are trusted, and whether a peer's chain leads to one of them (RFC 5280, 6).
//
// Each trusted certificate is an anchor, self-signed or not. Immutable after Create; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/x509/certificate.h"

struct x509_store_st;

namespace weir::x509 {

struct TrustOptions {
  // Of the anchor, where the leaf has depth 0; nothing: 100.
  std::optional<uint32_t> max_depth;
  // Certificates that are expired or not valid yet are taken as valid.
  bool allow_expired = false;
  // Revocation is checked for the leaf alone; otherwise each CA of the chain needs a CRL.
  bool leaf_crl_only = false;
};

class TrustStore {
 public:
  // `crl_pem` may be empty: no revocation is checked. The errors say which of the two is broken.
  static absl::StatusOr<TrustStore> Create(std::string_view trusted_pem, std::string_view crl_pem,
                                           const TrustOptions& options);

  enum class Peer : uint8_t { kServer, kClient };
  // `chain`: the leaf and what the peer sent with it. The error is the verifier's reason, such as
  // "certificate has expired".
  absl::Status Verify(std::span<const Certificate> chain, Peer peer,
                      std::chrono::system_clock::time_point now) const;

  const std::vector<Certificate>& anchors() const { return anchors_; }

 private:
  TrustStore() = default;

  std::shared_ptr<x509_store_st> store_;
  std::vector<Certificate> anchors_;
  TrustOptions options_;
  bool check_crl_ = false;
};

}  // namespace weir::x509
