// The set_filter_state HTTP filter: keeps texts and addresses, made by formats, of each request,
// for matchers, formats and hashes behind it.
#pragma once

#include "source/filter/factories.h"

namespace weir::extensions::http::set_filter_state {

void RegisterFactory(filter::Factories& factories);

}  // namespace weir::extensions::http::set_filter_state
