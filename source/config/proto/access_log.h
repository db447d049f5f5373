// Access logs and the filters that choose what they write.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "envoy/config/accesslog/v3/accesslog.pb.h"
#include "source/config/log_filter.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

// `scope` is that of the message with the field `field`.
std::vector<AccessLog> DecodeAccessLogs(
    const google::protobuf::RepeatedPtrField<envoy::config::accesslog::v3::AccessLog>& logs,
    const Scope& scope, std::string_view field = "access_log");

// Nothing after an error.
std::optional<LogFilter> DecodeLogFilter(
    const envoy::config::accesslog::v3::AccessLogFilter& filter, const Scope& scope);

}  // namespace weir::config::proto
