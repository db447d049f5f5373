// Which parts of a stat's name are values of tags, as Envoy's default tag extractors have it. Pure
// functions.
//
//   "cluster." "web" "." "upstream_rq_total"    envoy.cluster_name=web
//   "http." "in.rds.main" "." "update_success"  envoy.http_conn_manager_prefix=in,
//                                               envoy.rds_route_config=main
//   "listener." "0.0.0.0_80.http.in" "." ...    envoy.listener_address=0.0.0.0_80,
//                                               envoy.http_conn_manager_prefix=in
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::stats {

using Tags = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::string_view kResponseCodeTag = "envoy.response_code";
inline constexpr std::string_view kResponseCodeClassTag = "envoy.response_code_class";

// The start of the names of a scope: as it is, and with the tags' values taken out.
struct ScopeName {
  std::string full;       // "cluster.web."
  std::string extracted;  // "cluster."
  Tags tags;
};
// `keeps` says of a tag whether it is wanted: the value of another one stays in the name.
using KeepsTag = std::function<bool(std::string_view tag)>;
ScopeName NameScope(std::string_view prefix, std::string_view instance, std::string_view suffix,
                    const KeepsTag& keeps);

// Whether NameScope, or the registry for response codes, knows a tag of this name.
bool IsDefaultTag(std::string_view tag);

}  // namespace weir::stats
