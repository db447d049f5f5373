// Whether a request or connection is meant by a LogFilter: what access-log filters and the mappers
// of local replies share. A function of its arguments.
#pragma once

#include "source/config/log_filter.h"
#include "source/format/formatter.h"

namespace weir::filter {

bool Holds(const config::LogFilter& filter, const format::FormatContext& context);

}  // namespace weir::filter
