// typed_per_filter_config to config::FilterOverrides.
#pragma once

#include <string>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/map.h"
#include "source/config/proto/scope.h"
#include "source/config/route.h"

namespace weir::config::proto {

// `scope` is that of the message which has the field. In the order of the names.
FilterOverrides DecodeFilterOverrides(
    const google::protobuf::Map<std::string, google::protobuf::Any>& overrides, const Scope& scope);

}  // namespace weir::config::proto
