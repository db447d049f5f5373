#include "source/tls/key_log.h"

#include <openssl/ssl.h>

#include <algorithm>

#include "source/base/strings.h"
#include "source/tls/handshake.h"

namespace weir::tls {
namespace {

// None: any. A UNIX socket is in no range.
bool IsIn(const std::vector<net::CidrRange>& ranges, const net::Address& address) {
  if (ranges.empty()) return true;
  return address.is_ip() && std::any_of(ranges.begin(), ranges.end(), [&](const auto& range) {
           return range.Contains(address.ip());
         });
}

}  // namespace

void KeyLog::AttachTo(ssl_ctx_st& context) {
  SSL_CTX_set_keylog_callback(&context, [](const SSL* ssl, const char* line) {
    const Handshake& handshake = Handshake::Of(ssl);
    const net::ByteStream& stream = *handshake.stream;
    const KeyLog& log = *handshake.key_log;
    if (log.Covers(stream.local_address(), stream.remote_address())) {
      log.write_(StrCat(line, "\n"));
    }
  });
}

bool KeyLog::Covers(const net::Address& local, const net::Address& remote) const {
  return IsIn(config_.local, local) && IsIn(config_.remote, remote);
}

}  // namespace weir::tls
