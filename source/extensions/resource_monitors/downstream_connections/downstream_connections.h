// The resource monitor that limits the connections of all listeners together.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::resource_monitors::downstream_connections {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::resource_monitors::downstream_connections
