// A route table compiled for matching: request head in, decision out. Pure: the same function
// answers live traffic, explain and dry runs. Immutable after Create, shared by workers and pinned
// by requests.
//
// A virtual host with a matcher lets that choose which of its routes count. Of those the first
// match wins, in the order of the configuration, as xDS says; the index only spares the look
// at routes that cannot match: virtual hosts by hash, then longest suffix, longest prefix and "*";
// paths by a trie of literal prefixes and a hash of exact paths, whose candidates come out in
// configuration order together with the few routes (regular expressions, case-insensitive ones)
// that have to be tried one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/config/route.h"
#include "source/http/message.h"
#include "source/stream_info/stream_info.h"

namespace weir::router {

// What matching may look at beyond the head.
struct MatchInput {
  const http::RequestHead& head;
  // Whether the connection is TLS or x-forwarded-proto (trusted) says https: for require_tls.
  bool downstream_secure = false;
  bool internal_request = false;  // RequireTls::kExternalOnly spares these.
  // For what speaks of client, connection and TLS; null: nothing is known of them.
  const stream_info::StreamInfo* stream = nullptr;
  uint64_t random = 0;  // For runtime_fraction and weighted clusters; one draw a request.
};

// Everything points into the table, which the request pins.
struct Decision {
  enum class Kind : uint8_t {
    kRoute,     // `route` holds a RouteAction; `cluster` is chosen.
    kRedirect,  // `route` holds a RedirectAction, or is null: to https by require_tls.
    kDirectResponse,
    kNonForwarding,
    kNoVirtualHost,  // 404 NR
    kNoRoute,        // 404 NR
  };
  Kind kind = Kind::kNoRoute;
  const config::VirtualHost* virtual_host = nullptr;
  const config::Route* route = nullptr;
  std::string_view cluster;  // Of kRoute; empty when the request names none.
  const config::WeightedCluster* weighted = nullptr;  // When chosen out of several.
};

// What the most specific level of `decision` (weighted cluster, route, virtual host, `table`) says
// about the filter; null: nothing. Whether it runs and its configuration may come from two levels,
// as in Envoy.
struct FilterSetting {
  std::optional<bool> disabled;  // Nothing: as in http_filters.
  const config::ExtensionConfig* config = nullptr;
};
FilterSetting SettingOf(const Decision& decision, const config::RouteTable& table,
                        std::string_view filter);

// The virtual cluster of `host` that takes the request; null where the host has none.
const config::VirtualCluster* FindVirtualCluster(const config::VirtualHost& host,
                                                 const http::RequestHead& head);

class RouteIndex {
 public:
  // Fails on duplicate domains and on what cannot be indexed; the message names the virtual host.
  static absl::StatusOr<std::shared_ptr<const RouteIndex>> Create(
      std::shared_ptr<const config::RouteTable> table);
  ~RouteIndex();

  Decision Match(const MatchInput& input) const;
  const config::RouteTable& table() const { return *table_; }
  // Whether any level says anything about filters: else nobody has to look.
  bool has_filter_overrides() const { return has_filter_overrides_; }

 private:
  struct RouteSet;
  struct Index;
  RouteIndex(std::shared_ptr<const config::RouteTable> table, std::unique_ptr<const Index> index);
  // The routes of virtual host number `host` that count; null: none.
  const RouteSet* SetFor(uint32_t host, const MatchInput& input) const;
  // Null: none matches.
  const config::Route* FirstMatch(const config::VirtualHost& host, const RouteSet& set,
                                  const MatchInput& input) const;

  std::shared_ptr<const config::RouteTable> table_;
  const bool has_filter_overrides_;
  std::unique_ptr<const Index> index_;
};

// The new path of a request under `route`, in the head's arena; the old path when nothing is
// rewritten. `info` is for formats, here and below.
std::string_view RewritePath(const config::Route& route, const http::RequestHead& head,
                             const stream_info::StreamInfo& info);

// The new authority of a request that `decision` sends somewhere, in the head's arena or the table;
// the old one when nothing is rewritten, or when it depends on the host (HostOfUpstream).
std::string_view RewriteAuthority(const Decision& decision, const http::RequestHead& head,
                                  const stream_info::StreamInfo& info);

// The Location of a redirect for `head`, whose scheme is kept where the redirect has none.
std::string RedirectLocation(const config::RedirectAction& redirect, const config::Route& route,
                             const http::RequestHead& head, const stream_info::StreamInfo& info);

// The Location of the redirect that require_tls asks for (a Decision of kRedirect without a route);
// status 301.
std::string HttpsLocation(const http::RequestHead& head);

}  // namespace weir::router
