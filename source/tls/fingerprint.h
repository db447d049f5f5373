// Fingerprints of TLS clients, made of what their ClientHello offers. Pure; any thread.
#pragma once

#include <string>

#include "source/tls/client_hello.h"

namespace weir::tls {

// JA3: version, ciphers, extensions, groups and point formats as decimal numbers.
std::string Ja3Text(const ClientOffers& offers);
// The MD5 of that, in lower-case hex, as it is passed around.
std::string Ja3Hash(const ClientOffers& offers);

// JA4 of a connection over TCP: "t13d1516h2_8daaf6152771_e5627efa2ab1".
std::string Ja4(const ClientHello& hello, const ClientOffers& offers);

}  // namespace weir::tls
