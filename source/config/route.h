// A route table (envoy.config.route.v3.RouteConfiguration) as an immutable value. router compiles
// it into an index; a request pins the compiled table. Defaults are Envoy's.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "source/config/source.h"
#include "source/format/formatter.h"
#include "source/format/header_changes.h"
#include "source/match/header_matcher.h"
#include "source/match/query_matcher.h"
#include "source/match/regex.h"

namespace weir::config {

struct PathPrefix {
  std::string value;
};
struct PathExact {
  std::string value;
};
// path_separated_prefix: "/api" matches "/api" and "/api/x", not "/apix".
struct PathSeparatedPrefix {
  std::string value;
};
// safe_regex: the whole path without the query must match.
struct PathRegex {
  match::Regex value;
};
using PathMatch = std::variant<PathPrefix, PathExact, PathSeparatedPrefix, PathRegex>;

struct RouteMatch {
  PathMatch path;
  bool case_sensitive = true;
  std::vector<match::HeaderMatcher> headers;  // all of them
  std::vector<match::QueryMatcher> query;     // all of them
  bool grpc_only = false;                     // content-type application/grpc[+...]
  std::optional<Fraction> runtime_fraction;
};

// Bits of retry_on and of x-envoy-retry-on.
enum RetryOn : uint32_t {
  kRetryOn5xx = 1u << 0,
  kRetryOnGatewayError = 1u << 1,
  kRetryOnReset = 1u << 2,
  kRetryOnConnectFailure = 1u << 3,
  kRetryOnRefusedStream = 1u << 4,
  kRetryOnRetriable4xx = 1u << 5,
  kRetryOnRetriableStatusCodes = 1u << 6,
  kRetryOnResetBeforeRequest = 1u << 7,
  kRetryOnGrpcCancelled = 1u << 8,
  kRetryOnGrpcDeadlineExceeded = 1u << 9,
  kRetryOnGrpcInternal = 1u << 10,
  kRetryOnGrpcResourceExhausted = 1u << 11,
  kRetryOnGrpcUnavailable = 1u << 12,
};

struct RetryPolicy {
  uint32_t retry_on = 0;
  uint32_t num_retries = 1;
  std::optional<std::chrono::milliseconds> per_try_timeout;  // Nothing: the route's timeout.
  std::vector<uint16_t> retriable_status_codes;              // sorted
  std::chrono::milliseconds back_off_base{25};
  std::chrono::milliseconds back_off_max{250};
};

struct ClusterName {
  std::string value;
};
struct WeightedCluster {
  std::string name;
  uint64_t weight = 0;
  format::HeaderChanges request_headers;
  format::HeaderChanges response_headers;
  std::string host_rewrite;  // host_rewrite_literal; empty: none
};
struct WeightedClusters {
  std::vector<WeightedCluster> clusters;
  uint64_t total_weight = 0;  // Sum of the weights; above 0.
};

// regex_rewrite: every match in the path (without its query) replaced.
struct RegexRewrite {
  match::Regex pattern;
  std::string substitution;
};

struct RouteAction {
  std::variant<ClusterName, WeightedClusters> cluster;
  uint16_t cluster_not_found_code = 503;
  std::string prefix_rewrite;  // empty: none
  std::optional<RegexRewrite> regex_rewrite;
  std::string host_rewrite;  // host_rewrite_literal; empty: none
  bool append_x_forwarded_host = false;
  std::chrono::milliseconds timeout{15000};  // 0: none
  std::optional<std::chrono::milliseconds>
      idle_timeout;  // Nothing: the connection manager's. 0: none
  std::optional<std::chrono::milliseconds> max_stream_duration;
  std::optional<RetryPolicy> retry;  // Its own, else the virtual host's.
  bool high_priority = false;        // RoutingPriority HIGH
};

struct RedirectAction {
  std::string scheme;  // scheme_redirect, "https" for https_redirect; empty: kept
  std::string host;    // empty: kept
  uint32_t port = 0;   // 0: kept
  std::string path;    // path_redirect, may bring its own query; empty: kept
  std::string prefix;  // prefix_rewrite of the matched prefix; with has_prefix
  bool has_prefix = false;
  std::optional<RegexRewrite> regex_rewrite;
  uint16_t status = 301;
  bool strip_query = false;
};

struct DirectResponse {
  uint16_t status = 200;
  std::string body;
};

struct Route {
  std::string name;
  RouteMatch match;
  std::variant<RouteAction, RedirectAction, DirectResponse> action;
  format::HeaderChanges request_headers;
  format::HeaderChanges response_headers;
};

enum class RequireTls : uint8_t { kNone, kExternalOnly, kAll };

struct VirtualHost {
  std::string name;
  std::vector<std::string> domains;  // lower case: exact, "*.suffix", "prefix.*" or "*"
  std::vector<Route> routes;
  RequireTls require_tls = RequireTls::kNone;
  format::HeaderChanges request_headers;
  format::HeaderChanges response_headers;
  bool include_request_attempt_count = false;
  bool include_attempt_count_in_response = false;
  std::optional<RetryPolicy> retry;
};

struct RouteTable {
  std::string name;
  std::vector<VirtualHost> virtual_hosts;
  format::HeaderChanges request_headers;
  format::HeaderChanges response_headers;
  std::vector<std::string> internal_only_headers;  // lower case
  bool most_specific_header_mutations_wins = false;
  bool ignore_port_in_host_matching = false;
  // Hash of the resource's deterministic bytes: equal hashes mean an unchanged table.
  uint64_t content_hash = 0;
};

}  // namespace weir::config
