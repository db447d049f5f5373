// envoy.extensions.filters.http.router.v3.Router to config::Router.
#pragma once

#include "envoy/extensions/filters/http/router/v3/router.pb.h"
#include "source/config/http_filters.h"
#include "source/config/proto/scope.h"

namespace weir::config::proto {

Router DecodeRouter(const envoy::extensions::filters::http::router::v3::Router& message,
                    const Scope& scope);

}  // namespace weir::config::proto
