// The resolution of STRICT_DNS clusters, spread over the workers: each cluster's names are asked on
// one worker, with its resolver, and the endpoints come back to the main thread, which gives them
// to every worker with the next generation.
//
//   main thread                     a worker
//   Resolve  ----- post ---------->  upstream::StrictDns
//   on_change  <----- post -------   endpoints
//   ~Resolution  ----- post ----->  the end of it
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "source/config/cluster.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/net/resolver.h"

namespace weir::server {

class DnsSpread {
 public:
  struct Seat {
    event::Loop& loop;
    net::Resolver& resolver;  // On that loop.
  };
  using OnChange = std::function<void(std::shared_ptr<const config::Endpoints>)>;

  // At least one seat. Loops and resolvers outlive what was posted to them.
  DnsSpread(event::Loop& main_loop, std::vector<Seat> seats, uint64_t seed);
  DnsSpread(const DnsSpread&) = delete;
  DnsSpread& operator=(const DnsSpread&) = delete;

  // Owned by whoever wants the endpoints; destroying it ends the resolution, and no call comes any
  // more. Main thread; the spread outlives it.
  class Resolution {
   public:
    Resolution(const Resolution&) = delete;
    Resolution& operator=(const Resolution&) = delete;
    ~Resolution();

   private:
    friend class DnsSpread;
    struct Remote;
    struct Listener;
    Resolution(event::Loop& loop, size_t& load, uint64_t seed, OnChange on_change);

    event::Loop& loop_;
    size_t& load_;  // Resolutions on that seat.
    // The worker's part: made, used and emptied by posts to its loop.
    const std::shared_ptr<Remote> remote_;
    // Main thread's alone; posts hold it weakly.
    std::shared_ptr<Listener> listener_;
  };

  // Begins to resolve on the worker with the fewest clusters. `on_change` is called as StrictDns
  // calls it, on the main loop.
  std::unique_ptr<Resolution> Resolve(std::shared_ptr<const config::Cluster> cluster,
                                      OnChange on_change);

 private:
  event::Loop& main_loop_;
  const std::vector<Seat> seats_;
  std::vector<size_t> loads_;  // By seat.
  event::Random random_;
};

}  // namespace weir::server
