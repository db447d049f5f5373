// Reads a TLS ClientHello (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2) out of the first bytes of a
// connection, without answering it: server name, application protocols. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::tls {

struct ClientHello {
  std::string server_name;             // Lower case; empty when none was sent.
  std::vector<std::string> protocols;  // ALPN, in the client's order.
};

enum class HelloOutcome : unsigned char {
  kNeedMore,   // What came so far may be the beginning of one.
  kFound,      // `hello` is filled.
  kNotTls,     // The first bytes are no TLS handshake record.
  kMalformed,  // A handshake record with a ClientHello that breaks the grammar.
};

// `bytes`: everything received. A hello may be spread over several records.
HelloOutcome ReadClientHello(std::string_view bytes, ClientHello& hello);

}  // namespace weir::tls
