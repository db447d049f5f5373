// The resource monitor of the heap.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::resource_monitors::fixed_heap {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::resource_monitors::fixed_heap
