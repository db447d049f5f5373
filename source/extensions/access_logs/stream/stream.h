// The access log that writes its lines to a standard stream.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::access_logs::stream {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::access_logs::stream
