// Http2ProtocolOptions.custom_settings_parameters.
#pragma once

#include "envoy/config/core/v3/protocol.pb.h"
#include "source/config/cluster.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// Those that `decoded` has a place for go there, the others to more_settings. `scope` is that of
// `options`.
void DecodeCustomSettings(const envoy::config::core::v3::Http2ProtocolOptions& options,
                          const Scope& scope, Http2Options& decoded);

}  // namespace weir::config::proto
