// What a cluster says about the requests that go to it, in place of their routes
// (envoy.extensions.upstreams.http.v3.HttpProtocolOptions). An immutable value.
#pragma once

#include <optional>
#include <vector>

#include "source/config/retry.h"
#include "source/config/route.h"

namespace weir::config {

// Each holds whole in the place of the route's, where there is one.
struct RequestPolicies {
  std::optional<RetryPolicy> retry;
  std::vector<MirrorPolicy> mirrors;
  std::vector<HashPolicy> hash_policy;
  friend bool operator==(const RequestPolicies&, const RequestPolicies&) = default;
};

}  // namespace weir::config
