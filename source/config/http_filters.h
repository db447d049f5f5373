// The HTTP filters that requests pass, with the router at their end.
#pragma once

#include <vector>

#include "source/config/extension.h"

namespace weir::config {

// HttpFilter
struct HttpFilter {
  NamedExtension extension;
  bool disabled = false;  // It runs only where a route says so.
  friend bool operator==(const HttpFilter&, const HttpFilter&) = default;
};

// envoy.extensions.filters.http.router.v3.Router
struct Router {
  bool suppress_envoy_headers = false;
  bool respect_expected_rq_timeout = false;
  friend bool operator==(const Router&, const Router&) = default;
};

struct HttpFilters {
  std::vector<HttpFilter> before_router;
  Router router;
  friend bool operator==(const HttpFilters&, const HttpFilters&) = default;
};

}  // namespace weir::config
