// The TLS transport sockets of both sides: a context made from the configuration and today's
// secrets. Where a secret is not there, connections fail; they never go on in cleartext.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::transport_sockets::tls {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::transport_sockets::tls
