// The access log that writes its lines to a file.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::access_logs::file {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::access_logs::file
