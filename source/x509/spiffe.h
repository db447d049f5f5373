// SPIFFE identities: "spiffe://trust-domain/path" (SPIFFE-ID, 2). Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "source/x509/certificate.h"

namespace weir::x509 {

struct SpiffeId {
  std::string trust_domain;  // "example.org"
  std::string path;          // "/ns/a/sa/b", or "" for the domain itself.

  friend bool operator==(const SpiffeId&, const SpiffeId&) = default;
};

// Nothing unless `uri` is one: lower-case domain of letters, digits, '.', '-' and '_'; a path of
// such segments in either case, none of them empty, "." or ".."; at most 2048 bytes.
std::optional<SpiffeId> ParseSpiffeId(std::string_view uri);

// The identity of a workload's certificate: its only URI name (X509-SVID, 2).
std::optional<SpiffeId> SpiffeIdOf(const Certificate& certificate);

// The same where the certificate is a workload's own: no authority, and with a key that signs
// neither certificates nor lists (X509-SVID, 4.1 and 4.3).
std::optional<SpiffeId> WorkloadIdOf(const Certificate& certificate);

}  // namespace weir::x509
