// LocalReplyConfig of the connection manager.
#pragma once

#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"
#include "source/config/local_reply.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

LocalReplies DecodeLocalReplies(
    const envoy::extensions::filters::network::http_connection_manager::v3::LocalReplyConfig&
        message,
    const Scope& scope);

}  // namespace weir::config::proto
