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

#include "source/config/counted_name.h"
#include "source/config/extension.h"
#include "source/config/header_mutations.h"
#include "source/config/retry.h"
#include "source/config/source.h"
#include "source/config/upgrade.h"
#include "source/format/formatter.h"
#include "source/format/header_changes.h"
#include "source/format/log_format.h"
#include "source/match/cookie_matcher.h"
#include "source/match/filter_state_matcher.h"
#include "source/match/header_matcher.h"
#include "source/match/match_tree.h"
#include "source/match/query_matcher.h"
#include "source/match/regex.h"
#include "source/match/value_matcher.h"

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
// safe_regex, or a path template compiled to one: the whole path without the query must match.
struct PathRegex {
  match::Regex value;
};
// connect_matcher: CONNECT, which has no path. What has one matches none of these, and CONNECT no
// other.
struct ConnectRequests {};
using PathMatch =
    std::variant<PathPrefix, PathExact, PathSeparatedPrefix, PathRegex, ConnectRequests>;

// tls_context: of the client's certificate; nothing: either will do.
struct TlsMatch {
  std::optional<bool> presented;
  std::optional<bool> validated;
};

struct RouteMatch {
  PathMatch path;
  bool case_sensitive = true;
  std::vector<match::HeaderMatcher> headers;  // all of them
  std::vector<match::QueryMatcher> query;     // all of them
  std::vector<match::CookieMatcher> cookies;  // all of them
  bool grpc_only = false;                     // content-type application/grpc[+...]
  std::optional<Fraction> runtime_fraction;
  std::optional<TlsMatch> tls;
  std::vector<match::MetadataMatcher> metadata;         // dynamic_metadata; all of them
  std::vector<match::FilterStateMatcher> filter_state;  // all of them
};

// typed_per_filter_config: what one level says about a filter, by its name in http_filters.
struct FilterOverride {
  std::string filter;
  bool disabled = false;                          // Otherwise it runs.
  std::shared_ptr<const ExtensionConfig> config;  // Null: it only says whether the filter runs.
};
using FilterOverrides = std::vector<FilterOverride>;

struct ClusterName {
  std::string value;
};
// The request says it in this field.
struct ClusterHeader {
  std::string field;  // lower case
};
struct WeightedCluster {
  std::string name;
  std::string cluster_field;  // cluster_header, lower case; then `name` is empty.
  uint64_t weight = 0;
  format::HeaderChanges request_headers;
  format::HeaderChanges response_headers;
  std::string host_rewrite;  // host_rewrite_literal; empty: none
  FilterOverrides filters;
};
// cluster_specifier_plugin: request and connection say it; where the tree finds nothing there is
// none.
struct ClusterFromMatch {
  // Null: the plugin is not supported, and may be (is_optional); its routes match nothing.
  std::shared_ptr<const match::ActionTree<std::string>> names;
};
struct WeightedClusters {
  std::vector<WeightedCluster> clusters;
  uint64_t total_weight = 0;  // Sum of the weights; above 0.
  // Where the number that chooses comes from: this field (lower case) where it holds one, or the
  // request's hash; else a random one.
  std::string random_field;
  bool use_hash_policy = false;
};

// What becomes of the path; its query stays.
// prefix_rewrite: what the route matched replaced.
struct PrefixRewrite {
  std::string value;
};
// regex_rewrite, or a path template's: every match replaced.
struct RegexRewrite {
  match::Regex pattern;
  std::string substitution;
  friend bool operator==(const RegexRewrite&, const RegexRewrite&) = default;
};
// path_rewrite: made anew. What is no path leaves it as it is.
struct PathFromFormat {
  format::Formatter value;
};
using PathRewrite = std::variant<std::monostate, PrefixRewrite, RegexRewrite, PathFromFormat>;

// What becomes of the authority.
struct HostLiteral {
  std::string value;
};
struct HostOfUpstream {};  // auto_host_rewrite: the chosen host's name, where it has one.
struct HostFromHeader {
  std::string field;  // lower case; a request without it keeps its authority
};
// host_rewrite_path_regex: made of the path without its query.
struct HostFromPath {
  RegexRewrite rewrite;
};
struct HostFromFormat {  // host_rewrite
  format::Formatter value;
};
using HostRewrite = std::variant<std::monostate, HostLiteral, HostOfUpstream, HostFromHeader,
                                 HostFromPath, HostFromFormat>;

// max_grpc_timeout: in place of a route's timeout a gRPC call's own holds.
struct GrpcTimeoutLimit {
  std::chrono::milliseconds max{0};     // 0: it may ask for any, and for none.
  std::chrono::milliseconds offset{0};  // Taken off, where something is left then.
};

// Durations from the head of a request to the end of its answer; 0 is no limit.
struct MaxStreamDuration {
  std::optional<std::chrono::milliseconds> limit;  // Nothing: the connection manager's.
  // A gRPC call's own timeout, at most this (0: whatever it asks for), less the offset.
  std::optional<std::chrono::milliseconds> grpc_header_max;
  std::chrono::milliseconds grpc_header_offset{0};
};

// A copy of the request that goes to another cluster; its answer is dropped.
struct MirrorPolicy {
  std::string cluster;
  std::string cluster_field;  // cluster_header, lower case; then `cluster` is empty.
  Fraction fraction;
  bool append_suffix = true;        // "-shadow" behind the host.
  std::string host_rewrite;         // empty: none
  HeaderMutations request_headers;  // request_headers_mutations
  friend bool operator==(const MirrorPolicy&, const MirrorPolicy&) = default;
};

// What the hash of a request is made of.
struct HashHeader {
  std::string field;  // lower case
  std::optional<RegexRewrite> rewrite;
  friend bool operator==(const HashHeader&, const HashHeader&) = default;
};
struct HashCookie {
  std::string name;
  std::optional<std::chrono::seconds> ttl;  // Set: a missing one is made; 0: for the session.
  std::string attributes;                   // "; Path=/x; HttpOnly"
  friend bool operator==(const HashCookie&, const HashCookie&) = default;
};
struct HashSourceIp {
  friend bool operator==(const HashSourceIp&, const HashSourceIp&) = default;
};
struct HashQueryParameter {
  std::string name;
  friend bool operator==(const HashQueryParameter&, const HashQueryParameter&) = default;
};
struct HashFilterState {
  std::string key;
  friend bool operator==(const HashFilterState&, const HashFilterState&) = default;
};
struct HashPolicy {
  std::variant<HashHeader, HashCookie, HashSourceIp, HashQueryParameter, HashFilterState> source;
  bool terminal = false;  // With a hash, nothing after this one counts.
  friend bool operator==(const HashPolicy&, const HashPolicy&) = default;
};

// Which redirects of the upstream are followed here.
struct InternalRedirect {
  uint32_t max_redirects = 1;
  std::vector<uint16_t> codes = {302};
  bool allow_cross_scheme = false;
  bool only_to_safe_scheme = false;                        // safe_cross_scheme
  bool never_to_previous_routes = false;                   // previous_routes
  std::optional<std::vector<std::string>> allowed_routes;  // allow_listed_routes
  std::vector<std::string> fields_to_copy;                 // lower case
};

// How much of a request is kept to be sent again, of a route or a virtual host.
struct ReplayLimit {
  std::optional<uint64_t> bytes;    // request_body_buffer_limit
  std::optional<uint32_t> at_most;  // per_request_buffer_limit_bytes: or the connection's limit.
  // `connection`: per_connection_buffer_limit_bytes; nothing when this level does not say.
  std::optional<uint64_t> Of(uint64_t connection) const;
};

struct RouteAction {
  std::variant<ClusterName, ClusterHeader, WeightedClusters, ClusterFromMatch> cluster;
  uint16_t cluster_not_found_code = 503;
  PathRewrite path_rewrite;
  HostRewrite host_rewrite;
  bool append_x_forwarded_host = false;
  std::chrono::milliseconds timeout{15000};  // 0: none
  std::optional<GrpcTimeoutLimit> grpc_timeout;
  std::optional<std::chrono::milliseconds>
      idle_timeout;  // Nothing: the connection manager's. 0: none
  std::optional<std::chrono::milliseconds> flush_timeout;  // The same.
  // Set: `timeout` and `grpc_timeout` hold no more.
  std::optional<MaxStreamDuration> max_stream_duration;
  std::optional<RetryPolicy> retry;  // Its own, else the virtual host's.
  bool high_priority = false;        // RoutingPriority HIGH
  // hedge_policy, its own, else the virtual host's.
  std::optional<bool> hedge_on_per_try_timeout;
  std::vector<MirrorPolicy> mirrors;  // Its own, else the virtual host's, else the table's.
  std::vector<HashPolicy> hash_policy;
  std::optional<InternalRedirect> internal_redirect;
  std::vector<Upgrade> upgrades;  // Where silent, the connection manager's.
};

struct RedirectAction {
  std::string scheme;        // scheme_redirect, "https" for https_redirect; empty: kept
  std::string host;          // empty: kept
  uint32_t port = 0;         // 0: kept
  std::string path;          // path_redirect, may bring its own query; empty: kept
  PathRewrite path_rewrite;  // Where `path` is empty.
  uint16_t status = 301;
  bool strip_query = false;
};

struct DirectResponse {
  uint16_t status = 200;
  std::string body;
  std::optional<format::LogFormat> format;  // Makes the body of `body`.
  std::string content_type = "text/plain";
};

// non_forwarding_action, filter_action: a server, or a filter, answers; there is nowhere to forward
// to.
struct NonForwarding {};

struct Route {
  std::string name;
  RouteMatch match;
  std::variant<RouteAction, RedirectAction, DirectResponse, NonForwarding> action;
  format::HeaderChanges request_headers;
  format::HeaderChanges response_headers;
  FilterOverrides filters;
  ReplayLimit replay_limit;
  CountedName stats;  // "<virtual host>.route.<stat_prefix>"; empty: it has none of its own.
};

// Consecutive routes of a virtual host.
struct RouteRange {
  uint32_t first = 0;
  uint32_t count = 0;
  friend bool operator==(const RouteRange&, const RouteRange&) = default;
};

enum class RequireTls : uint8_t { kNone, kExternalOnly, kAll };

// Requests that are counted apart.
struct VirtualCluster {
  std::string name;                           // Empty: those that no other one takes.
  std::vector<match::HeaderMatcher> headers;  // all of them
  CountedName stats;                          // "<virtual host>.vcluster.<name, or other>"
};

struct VirtualHost {
  std::string name;
  std::vector<std::string> domains;  // lower case: exact, "*.suffix", "prefix.*" or "*"
  std::vector<Route> routes;
  // Set: a request is held against those routes alone that it chooses, and against none without a
  // match.
  std::optional<match::ActionTree<RouteRange>> matcher;
  // The first that matches takes a request; the last of them takes what is left.
  std::vector<VirtualCluster> virtual_clusters;
  RequireTls require_tls = RequireTls::kNone;
  format::HeaderChanges request_headers;
  format::HeaderChanges response_headers;
  bool include_request_attempt_count = false;
  bool include_attempt_count_in_response = false;
  std::optional<RetryPolicy> retry;
  bool include_is_timeout_retry = false;
  bool hedge_on_per_try_timeout = false;
  std::vector<MirrorPolicy> mirrors;
  FilterOverrides filters;
  ReplayLimit replay_limit;
};

struct RouteTable {
  std::string name;
  std::vector<VirtualHost> virtual_hosts;
  format::HeaderChanges request_headers;
  format::HeaderChanges response_headers;
  std::vector<std::string> internal_only_headers;  // lower case
  bool most_specific_header_mutations_wins = false;
  bool ignore_port_in_host_matching = false;
  bool ignore_path_parameters = false;  // What follows a ";" does not count for matching.
  std::string vhost_header;             // lower case; found by this field instead of the host.
  std::vector<MirrorPolicy> mirrors;
  FilterOverrides filters;
  // Hash of the resource's deterministic bytes: equal hashes mean an unchanged table.
  uint64_t content_hash = 0;
};

}  // namespace weir::config
