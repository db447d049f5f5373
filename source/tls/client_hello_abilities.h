// What a ClientHello says about the certificates that its client can verify.
#pragma once

#include "source/tls/identity_index.h"

struct ssl_early_callback_ctx;

namespace weir::tls {

// `hello` as the library shows it to SSL_CTX_set_select_certificate_cb.
ClientAbilities ReadAbilities(const ssl_early_callback_ctx& hello, bool speaks_tls13);

}  // namespace weir::tls
