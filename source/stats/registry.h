// All blocks of the process, and reading them as one list of named stats.
//
// One Registry a process (or a test). Any thread; a mutex is taken to register, retire and read,
// never to count.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/mutex.h"
#include "source/stats/name_policy.h"
#include "source/stats/stats.h"

namespace weir::stats {

// One stat as read, summed over the blocks that share its name.
struct Reading {
  std::string name;            // "cluster.web.upstream_rq_total"
  std::string extracted_name;  // Without the tag's value: "cluster.upstream_rq_total"
  std::vector<std::pair<std::string, std::string>> tags;  // ("envoy.cluster_name", "web"), ...
  Kind kind;  // kCounter, kGauge, kHistogram or kText: status counters are spread out.
  uint64_t counter = 0;
  int64_t gauge = 0;
  Histogram::Snapshot histogram;  // Since the start.
  Histogram::Snapshot interval;   // Of the last interval that is over.
  std::string text;
  std::string_view help;
};

// A stat that lives elsewhere and is asked for when somebody reads.
struct Sample {
  Scope scope;
  std::string_view name;  // Static, as help.
  int64_t number;         // Of a gauge or a counter.
  std::string_view help;
  Kind kind = Kind::kGauge;  // Or kCounter or kText.
  std::string text = {};
};

class Registry {
 public:
  Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  // Every stat, sorted by name. Status codes that never happened are left out. `used_only` leaves
  // out what is zero, before a name is made for it.
  std::vector<Reading> Read(bool used_only = false) const;

  // From now on for every Read.
  void SetPolicy(std::shared_ptr<const NamePolicy> policy);

  // Ends an interval of every histogram and begins the next (stats_flush_interval). Bulk work.
  void RollIntervals();

  // `source` is called by Read, on its thread, until the returned handle is destroyed; that waits
  // for a Read under way.
  using Source = std::function<std::vector<Sample>()>;
  std::shared_ptr<void> AddSource(Source source);

 private:
  friend std::shared_ptr<internal::BlockEntry> internal::Register(Registry&, Scope,
                                                                  std::span<const Field>,
                                                                  std::shared_ptr<void>);
  friend void internal::Retire(Registry&, const std::shared_ptr<internal::BlockEntry>&);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weir::stats
