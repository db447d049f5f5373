// The buffer HTTP filter. A request reaches the filters behind it, and the upstream, only when its
// whole body is there; it then has a content-length. A body above the limit is answered with 413.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::http::buffer {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::http::buffer
