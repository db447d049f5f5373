// The HTTP filters that requests pass, with the router at their end.
#pragma once

#include <chrono>
#include <vector>

#include "source/config/extension.h"
#include "source/config/log_filter.h"
#include "source/http/header_id.h"

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
  bool dynamic_stats = true;  // Clusters count the codes and times of answers.
  // strict_check_headers: fields of requests that must be readable, in the order of the checks.
  std::vector<http::HeaderId> strict_checks;
  std::vector<AccessLog> upstream_logs;                // One record for each try, at its end,
  bool log_upstream_streams = false;                   // when it has its stream,
  std::chrono::milliseconds upstream_log_interval{0};  // and this often meanwhile; 0: never.
  friend bool operator==(const Router&, const Router&) = default;
};

struct HttpFilters {
  std::vector<HttpFilter> before_router;
  Router router;
  friend bool operator==(const HttpFilters&, const HttpFilters&) = default;
};

}  // namespace weir::config
