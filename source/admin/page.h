// What a page of the admin server is made from and what it is: values. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/admin/view.h"
#include "source/base/log.h"
#include "source/stats/registry.h"

namespace weir::admin {

// A request, as far as pages look at it. Views live as long as the request.
struct Request {
  std::string_view method;
  std::string_view path;    // Without the query.
  std::string_view query;   // Without the '?'; escapes not resolved.
  std::string_view scheme;  // "http" or "https"
  std::string_view authority;
  std::optional<std::string_view> origin;
  std::optional<std::string_view> sec_fetch_site;
};

// What pages read. `view` is null for pages whose entry in the table says that they need none.
struct Inputs {
  const View* view;
  const stats::Registry& registry;
};

// What /drain_listeners asks for.
struct DrainRequest {
  // Tells clients to go, more of them as the drain time goes by, and stops listeners at its end.
  bool graceful = false;
  bool inbound_only = false;  // Only listeners with traffic_direction INBOUND.
  bool skip_exit = false;     // Listeners go on after a graceful drain.
  friend bool operator==(const DrainRequest&, const DrainRequest&) = default;
};

// What the server is to do, before it sends the page.
struct Action {
  enum class Kind : uint8_t {
    kFailHealthCheck,
    kPassHealthCheck,
    kDrainListeners,
    kReopenLogs,
    kQuit,
    kSetLogLevels
  };
  Kind kind;
  DrainRequest drain = {};                                    // kDrainListeners
  std::vector<std::pair<log::Component, log::Level>> levels;  // kSetLogLevels
};

inline constexpr std::string_view kTextType = "text/plain; charset=UTF-8";
inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kHtmlType = "text/html; charset=UTF-8";

struct Page {
  uint16_t status = 200;
  std::string_view content_type = kTextType;
  std::string body;
  std::string_view allow = "";  // The Allow field of a 405.
  std::optional<Action> action = std::nullopt;
};

inline Page TextPage(uint16_t status, std::string body) {
  return {.status = status, .body = std::move(body)};
}
inline Page JsonPage(std::string body) {
  return {.content_type = kJsonType, .body = std::move(body)};
}

// The fields that every answer of the admin server carries beside content-type.
using HeaderPair = std::pair<std::string_view, std::string_view>;
inline constexpr HeaderPair kCommonHeaders[] = {
    {"cache-control", "no-cache, max-age=0"},
    {"x-content-type-options", "nosniff"},
    {"content-security-policy",
     "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
     "frame-ancestors 'none'"},
};

}  // namespace weir::admin
