// Protocol options that listeners and clusters share.
#pragma once

#include "envoy/config/core/v3/protocol.pb.h"
#include "source/config/cluster.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// `stream_error` is what the enclosing message says about invalid messages.
Http1Options DecodeHttp1Options(const envoy::config::core::v3::Http1ProtocolOptions& options,
                                const Scope& scope, bool stream_error = false);
Http2Options DecodeHttp2Options(const envoy::config::core::v3::Http2ProtocolOptions& options,
                                const Scope& scope, bool stream_error = false);

}  // namespace weir::config::proto
