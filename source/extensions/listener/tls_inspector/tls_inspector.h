// The tls_inspector listener filter: fills transport protocol, server name and application
// protocols.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::listener::tls_inspector {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::listener::tls_inspector
