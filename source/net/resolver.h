// Host names to addresses, as a seam. Loop's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/net/address.h"

namespace weir::net {

// xDS Cluster.DnsLookupFamily.
enum class DnsFamily { kAuto, kV4Only, kV6Only, kV4Preferred, kAll };

struct ResolvedAddresses {
  std::vector<IpAddress> addresses;  // Sorted, without duplicates: equal answers compare equal.
  std::chrono::seconds ttl{0};       // The least of the records'; 0 where unknown.
};

// Destroying it cancels the query: no callback comes any more.
class DnsQuery {
 public:
  virtual ~DnsQuery() = default;
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  // Calls `done` once from the loop, never from inside. NotFound: the name has no address;
  // Unavailable: no answer.
  virtual std::unique_ptr<DnsQuery> Resolve(
      std::string_view name, DnsFamily family,
      std::function<void(absl::StatusOr<ResolvedAddresses>)> done) = 0;
};

}  // namespace weir::net
