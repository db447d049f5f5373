// A route table compiled for matching: request head in, decision out. Pure: the same function
// answers live traffic, explain and dry runs. Immutable after Create, shared by workers and pinned
// by requests.
//
// First match wins, in the order of the configuration, as xDS says; the index only spares the look
// at routes that cannot match: virtual hosts by hash, then longest suffix, longest prefix and "*";
// paths by a trie of literal prefixes and a hash of exact paths, whose candidates come out in
// configuration order together with the few routes (regular expressions, case-insensitive ones)
// that have to be tried one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/config/route.h"
#include "source/http/message.h"

namespace weir::router {

// What matching may look at beyond the head.
struct MatchInput {
  const http::RequestHead& head;
  // Whether the connection is TLS or x-forwarded-proto (trusted) says https: for require_tls.
  bool downstream_secure = false;
  bool internal_request = false;  // RequireTls::kExternalOnly spares these.
  uint64_t random = 0;            // For runtime_fraction and weighted clusters; one draw a request.
};

// Everything points into the table, which the request pins.
struct Decision {
  enum class Kind : uint8_t {
    kRoute,     // `route` holds a RouteAction; `cluster` is chosen.
    kRedirect,  // `route` holds a RedirectAction, or is null: to https by require_tls.
    kDirectResponse,
    kNoVirtualHost,  // 404 NR
    kNoRoute,        // 404 NR
  };
  Kind kind = Kind::kNoRoute;
  const config::VirtualHost* virtual_host = nullptr;
  const config::Route* route = nullptr;
  const std::string* cluster = nullptr;
  const config::WeightedCluster* weighted = nullptr;  // When chosen out of several.
};

class RouteIndex {
 public:
  // Fails on duplicate domains and on what cannot be indexed; the message names the virtual host.
  static absl::StatusOr<std::shared_ptr<const RouteIndex>> Create(
      std::shared_ptr<const config::RouteTable> table);
  ~RouteIndex();

  Decision Match(const MatchInput& input) const;
  const config::RouteTable& table() const { return *table_; }

 private:
  struct Index;
  RouteIndex(std::shared_ptr<const config::RouteTable> table, std::unique_ptr<const Index> index);
  std::shared_ptr<const config::RouteTable> table_;
  std::unique_ptr<const Index> index_;
};

// The new path of a request under `route` (prefix_rewrite or nothing), in the head's arena; the old
// path when nothing is rewritten.
std::string_view RewritePath(const config::Route& route, http::RequestHead& head);

// The Location of a redirect for `head`, whose scheme is kept where the redirect has none.
std::string RedirectLocation(const config::RedirectAction& redirect, const config::Route& route,
                             const http::RequestHead& head);

// The Location of the redirect that require_tls asks for (a Decision of kRedirect without a route);
// status 301.
std::string HttpsLocation(const http::RequestHead& head);

}  // namespace weir::router
