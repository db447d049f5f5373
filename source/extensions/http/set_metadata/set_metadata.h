// The set_metadata HTTP filter: adds what its configuration says to the dynamic metadata of each
// request.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::http::set_metadata {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::http::set_metadata
