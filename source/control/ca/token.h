// Tokens: an identity and an end, signed by the authority. What a proxy or an operator shows who
// has no certificate yet.
//
//   "weir1." identity "." end "." nonce "." code
//
// with the identity's path, the nonce and the code in base64url, the end in seconds of the epoch.
// Older ones have no nonce. Whoever has the token has the identity until its end. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/control/ca/authority.h"

namespace weir::control::ca {

inline constexpr size_t kMaxTokenBytes = 4096;
// Nanoseconds of the epoch end in the year 2262.
inline constexpr uint64_t kLatestSeconds = 9'000'000'000;

// `path` is an identity's path. `nonce` tells the token from others of the same identity and end:
// kNonceBytes of a random generator.
inline constexpr size_t kNonceBytes = 9;
std::string MakeToken(std::string_view path, WallTime end, std::string_view nonce,
                      std::string_view key);

// The path of the identity. The error says whether the token is none, was not signed with `key`, or
// has ended; it never shows the token.
absl::StatusOr<std::string> CheckToken(std::string_view token, std::string_view key, WallTime now);

// When a token ends that CheckToken has taken.
WallTime EndOfToken(std::string_view token);

}  // namespace weir::control::ca
