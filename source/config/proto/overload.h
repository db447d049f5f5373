// envoy.config.overload.v3.OverloadManager to config::OverloadManager.
#pragma once

#include "envoy/config/overload/v3/overload.pb.h"
#include "source/config/overload.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

OverloadManager DecodeOverloadManager(const envoy::config::overload::v3::OverloadManager& message,
                                      const Scope& scope);

}  // namespace weir::config::proto
