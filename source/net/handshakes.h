// The handshakes of TCP that clients have begun with a listening port and not ended.
#pragma once

#include "source/net/address.h"

namespace weir::net {

// Asks the kernel (sock_diag(7)), which looks through all its connections: seldom. True as well
// where it does not say. Any thread.
bool HandshakesUnderWay(const Address& listening);

}  // namespace weir::net
