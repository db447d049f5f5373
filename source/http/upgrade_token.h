// The protocol names of the Upgrade field (RFC 9110, 7.8) and of ":protocol" (RFC 8441). Pure.
#pragma once

#include <string_view>

namespace weir::http {

// protocol-name ["/" protocol-version], both tokens.
bool IsUpgradeToken(std::string_view text);

// Protocols that a proxy never switches to: the request goes on as if it had not asked. Cleartext
// HTTP/2 ("h2c", RFC 9113, 3.1, has made it obsolete), other versions of HTTP, and TLS.
bool IsIgnoredUpgrade(std::string_view token);

}  // namespace weir::http
