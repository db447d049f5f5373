// From an access log's configuration to the log, with its filter before it.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "source/config/log_filter.h"
#include "source/filter/factories.h"

namespace weir::filter {

// Fails when this program has no such log, naming it.
absl::StatusOr<std::shared_ptr<const AccessLog>> MakeAccessLog(const Factories& factories,
                                                               const config::AccessLog& log,
                                                               LogSinks& sinks);

}  // namespace weir::filter
