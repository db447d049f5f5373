// What server and client contexts have in common: the library's context object with versions,
// ciphers, curves and signature algorithms set.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/tls.h"

struct ssl_ctx_st;
struct ssl_st;

namespace weir::tls {

using SharedContext = std::shared_ptr<ssl_ctx_st>;

// The error names the list that the library does not take.
absl::StatusOr<SharedContext> MakeContext(const config::TlsParameters& parameters);

// ALPN names as they go over the wire (RFC 7301, 3.1).
std::string EncodeAlpn(const std::vector<std::string>& protocols);

}  // namespace weir::tls
