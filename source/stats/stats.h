// Counters, gauges and histograms: plain members of plain structs, one writer each.
//
//   struct ListenerStats {
//     Counter downstream_cx_total;
//     Gauge downstream_cx_active;
//     static std::span<const Field> Fields();   // one list: name, kind, place, help
//   };
//   stats::Block<ListenerStats> stats(registry, Scope{"listener.", "0.0.0.0_80", "."});
//   stats->downstream_cx_total.Inc();
//
// A block has one writing thread; any thread reads (relaxed loads and stores, no locked
// instruction). Each worker has a block of its own for one scope, and the registry adds them up
// when somebody reads. Names are put together then, so that a block costs its numbers and one small
// scope.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/mutex.h"

namespace weir::stats {

class Counter {
 public:
  void Inc() { Add(1); }
  void Add(uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void Inc() { Add(1); }
  void Dec() { Add(-1); }
  void Add(int64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// A distribution of non-negative integers (the unit stands in the name: _ms, or nothing for bytes).
// Log-linear buckets with at most 10 % error, made at the first Record; a value costs two stores.
class Histogram {
 public:
  Histogram() = default;
  ~Histogram();
  void Record(uint64_t value);

  struct Snapshot {
    uint64_t count = 0;
    uint64_t sum = 0;
    // (inclusive upper bound, number of values in the bucket), ascending, non-empty buckets alone.
    std::vector<std::pair<uint64_t, uint64_t>> buckets;
  };
  Snapshot Read() const;

 private:
  struct Buckets;
  std::atomic<Buckets*> buckets_{nullptr};
};

// One counter for each HTTP status code, made by hundreds when first used: `<field>_200`, and the
// classes
// `<field>_2xx` summed from them. The field is named "upstream_rq_" or "downstream_rq_" in Field.
class StatusCounters {
 public:
  StatusCounters() = default;
  ~StatusCounters();
  // `status` in [100, 599]; others count as 599's class without a code.
  void Inc(uint16_t status);
  // How often `status` was counted; for one out of range, how often any of those was.
  uint64_t value(uint16_t status) const;

 private:
  struct Hundred;
  std::atomic<Hundred*> hundreds_[5] = {};
};

// A text, such as a version. Written seldom and never for a request: it takes a mutex.
class TextReadout {
 public:
  void Set(std::string_view text);
  std::string value() const;

 private:
  mutable Mutex mutex_;
  std::string text_ WEIR_GUARDED_BY(mutex_);
};

enum class Kind : uint8_t {
  kCounter,
  kGauge,
  kHistogram,
  kText,
  kStatusCounters,       // codes and classes
  kStatusClassCounters,  // classes alone
};

// One line of a struct's list. `offset` is offsetof the member.
struct Field {
  std::string_view name;
  Kind kind;
  uint16_t offset;
  std::string_view help;
};

#define WEIR_STAT_FIELD(Struct, kind, member, help) \
  ::weir::stats::Field { #member, ::weir::stats::Kind::kind, offsetof(Struct, member), help }

// Where the block's stats are named: prefix + instance + separator, as in "cluster." "web" ".". The
// Prometheus tag of the prefix (cluster_name, http_conn_manager_prefix, listener_address, ...)
// takes the instance. An empty instance: no tag ("server.", "cluster_manager.").
struct Scope {
  std::string_view prefix;  // Static, ends with '.'.
  std::string instance;
  // Further words after the instance, "" or ending with '.', such as "http1."; copied by Register.
  std::string_view suffix = "";
};

class Registry;

namespace internal {
// What the registry knows of a block. Lives until reader and writer have let go.
struct BlockEntry;
std::shared_ptr<BlockEntry> Register(Registry& registry, Scope scope, std::span<const Field> fields,
                                     std::shared_ptr<void> data);
void Retire(Registry& registry, const std::shared_ptr<BlockEntry>& entry);
}  // namespace internal

// Owns one struct of stats, registered while it lives. Destroying it folds its counters and
// histograms into the scope's remembered sums as long as another block of the same scope lives; the
// scope's stats end with its last block. Writer's thread; creating and destroying takes the
// registry's mutex.
template <typename Stats>
class Block {
 public:
  Block(Registry& registry, Scope scope) : registry_(registry), data_(std::make_shared<Stats>()) {
    entry_ = internal::Register(registry, std::move(scope), Stats::Fields(), data_);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { internal::Retire(registry_, entry_); }

  Stats* operator->() { return data_.get(); }
  Stats& operator*() { return *data_; }
  const Stats* operator->() const { return data_.get(); }

 private:
  Registry& registry_;
  std::shared_ptr<Stats> data_;
  std::shared_ptr<internal::BlockEntry> entry_;
};

}  // namespace weir::stats
