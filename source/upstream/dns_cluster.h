// The addresses of a STRICT_DNS cluster: each name is resolved again and again, and every address
// of every answer is an endpoint.
//
//   StrictDns dns(config, resolver, loop, random, on_change);
//
// From the loop, on_change(endpoints) comes once each name has an answer or a failure (the cluster
// is warm), and whenever the addresses differ from those told last.
//
// A name whose resolution fails keeps the addresses that it had; one that does not exist any more
// (NotFound) loses them. A name is asked again after dns_refresh_rate, or after its TTL with
// respect_dns_ttl; after a failure with a jittered back-off between dns_failure_refresh_base and
// _max. Endpoints given by address are passed on as they are. Owner: the worker that the cluster's
// resolution was given to; loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "source/config/cluster.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/net/resolver.h"

namespace weir::upstream {

class StrictDns {
 public:
  using Published = std::function<void(std::shared_ptr<const config::Endpoints>)>;

  // `cluster` has its names in `endpoints`. Starts to resolve at once; destroying it ends that.
  StrictDns(std::shared_ptr<const config::Cluster> cluster, net::Resolver& resolver,
            event::Loop& loop, event::Random& random, Published on_change);
  StrictDns(const StrictDns&) = delete;
  StrictDns& operator=(const StrictDns&) = delete;
  ~StrictDns();

  // Every name has had an answer or a failure.
  bool warm() const { return unanswered_ == 0; }

 private:
  struct Name;

  void Resolve(Name& name);
  void OnAnswer(Name& name, const absl::StatusOr<net::ResolvedAddresses>& answer);
  event::Duration NextAfter(Name& name, const absl::StatusOr<net::ResolvedAddresses>& answer);
  void Publish();

  const std::shared_ptr<const config::Cluster> cluster_;
  net::Resolver& resolver_;
  event::Loop& loop_;
  event::Random& random_;
  const Published on_change_;
  std::vector<std::unique_ptr<Name>> names_;  // Each host name once, whatever its ports.
  size_t unanswered_ = 0;
  std::shared_ptr<const config::Endpoints> published_;
  event::Timer first_publish_;  // When there is no name to wait for.
};

}  // namespace weir::upstream
