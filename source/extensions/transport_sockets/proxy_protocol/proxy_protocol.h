// The upstream_proxy_protocol transport socket: a connection to an endpoint begins with a PROXY
// header of the client's connection, and goes on with another transport.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::transport_sockets::proxy_protocol {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::transport_sockets::proxy_protocol
