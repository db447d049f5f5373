// What a request's own fields say about how it is handled (x-envoy-upstream-rq-timeout-ms and its
// kin), which a route's configuration would decide otherwise. Pure.
//
// The connection manager drops these fields of external clients before.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "source/config/route.h"
#include "source/http/message.h"
#include "source/proxy/retry.h"

namespace weir::proxy {

struct RequestOverrides {
  std::optional<std::chrono::milliseconds> timeout;          // x-envoy-upstream-rq-timeout-ms
  std::optional<std::chrono::milliseconds> per_try_timeout;  // ...-rq-per-try-timeout-ms
  std::optional<std::chrono::milliseconds> max_duration;     // x-envoy-upstream-stream-duration-ms
  std::optional<bool> hedge_on_per_try_timeout;
  std::string_view alt_stat_name;     // x-envoy-upstream-alt-stat-name; in the head's arena.
  bool alternative_response = false;  // A timeout is answered with 204 instead of 504.
  RetryWishes retry;
};

// Reads the fields and removes them from the head: they are for this proxy. What cannot be read is
// as if it were not there. `respect_expected`: the timeout is what the proxy before this one
// expects, where it says so (x-envoy-expected-rq-timeout-ms).
RequestOverrides TakeOverrides(http::RequestHead& head, bool respect_expected);

// The first of `checked` that is among the fields and that TakeOverrides could not read; null:
// there is none.
const http::HeaderField* UnreadableOverride(const http::RequestHead& head,
                                            std::span<const http::HeaderId> checked);

// The timeout that a gRPC call brings (grpc-timeout); nothing without one.
std::optional<std::chrono::milliseconds> GrpcTimeout(const http::RequestHead& head);

// How long an answer may take under `action`, all tries together; 0: no limit.
std::chrono::milliseconds TimeoutOf(const config::RouteAction& action,
                                    const http::RequestHead& head);
// Whether the upstream is told by grpc-timeout how much of it is left.
bool BoundsGrpcTimeout(const config::RouteAction& action, const http::RequestHead& head);
// As grpc-timeout has it, in at most 8 digits.
std::string GrpcTimeoutText(std::chrono::milliseconds timeout);

// The longest life of the stream under `action`; nothing: as the connection manager has it. 0: no
// limit.
std::optional<std::chrono::milliseconds> MaxStreamDurationOf(const config::RouteAction& action,
                                                             const http::RequestHead& head);

}  // namespace weir::proxy
