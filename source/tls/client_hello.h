// Reads a TLS ClientHello (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2) out of the first bytes of a
// connection, without answering it: server name, application protocols. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tls {

struct ClientHello {
  std::string server_name;             // Lower case; empty when none was sent.
  std::vector<std::string> protocols;  // ALPN, in the client's order.
};

// What else a client offers, in its order; of this fingerprints are made. GREASE values (RFC 8701)
// are left out.
struct ClientOffers {
  uint16_t legacy_version = 0;
  std::vector<uint16_t> ciphers, extensions, groups, versions, signatures;
  std::vector<uint8_t> point_formats;
};

enum class HelloOutcome : unsigned char {
  kNeedMore,   // What came so far may be the beginning of one.
  kFound,      // `hello` is filled.
  kNotTls,     // The first bytes are no TLS handshake record.
  kMalformed,  // A handshake record with a ClientHello that breaks the grammar.
};

// `bytes`: everything received. A hello may be spread over several records.
// `offers` is filled too, unless it is null.
HelloOutcome ReadClientHello(std::string_view bytes, ClientHello& hello,
                             ClientOffers* offers = nullptr);

}  // namespace weir::tls
