#include "source/stats/stats.h"

#include "source/stats/histogram_buckets.h"

namespace weir::stats {
namespace {

// One writer: a plain addition that readers on other threads may see.
void Bump(std::atomic<uint64_t>& value, uint64_t n) {
  value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

struct Histogram::Buckets {
  struct Row {
    std::atomic<uint64_t> counts[kBucketsInRow] = {};
  };
  ~Buckets() {
    for (auto& row : rows) delete row.load(std::memory_order_relaxed);
  }

  std::atomic<uint64_t> sum{0};
  // Made when a value falls into them: latencies of one service lie within a few powers of two.
  std::atomic<Row*> rows[kBucketRows] = {};
};

Histogram::~Histogram() { delete buckets_.load(std::memory_order_relaxed); }

void Histogram::Record(uint64_t value) {
  Buckets* buckets = buckets_.load(std::memory_order_relaxed);
  if (buckets == nullptr) [[unlikely]] {
    buckets = new Buckets;
    buckets_.store(buckets, std::memory_order_release);
  }
  const BucketPlace place = BucketOf(value);
  Buckets::Row* row = buckets->rows[place.row].load(std::memory_order_relaxed);
  if (row == nullptr) [[unlikely]] {
    row = new Buckets::Row;
    buckets->rows[place.row].store(row, std::memory_order_release);
  }
  Bump(row->counts[place.column], 1);
  Bump(buckets->sum, value);
}

Histogram::Snapshot Histogram::Read() const {
  Snapshot snapshot;
  const Buckets* buckets = buckets_.load(std::memory_order_acquire);
  if (buckets == nullptr) return snapshot;
  snapshot.sum = buckets->sum.load(std::memory_order_relaxed);
  for (size_t r = 0; r < kBucketRows; ++r) {
    const Buckets::Row* row = buckets->rows[r].load(std::memory_order_acquire);
    if (row == nullptr) continue;
    for (size_t c = 0; c < kBucketsInRow; ++c) {
      const uint64_t count = row->counts[c].load(std::memory_order_relaxed);
      if (count == 0) continue;
      snapshot.count += count;
      snapshot.buckets.emplace_back(BucketUpper({r, c}), count);
    }
  }
  return snapshot;
}

void TextReadout::Set(std::string_view text) {
  const MutexLock lock(mutex_);
  text_ = text;
}

std::string TextReadout::value() const {
  const MutexLock lock(mutex_);
  return text_;
}

struct StatusCounters::Hundred {
  std::atomic<uint64_t> codes[100] = {};
  std::atomic<uint64_t> without_code{0};
};

StatusCounters::~StatusCounters() {
  for (auto& hundred : hundreds_) delete hundred.load(std::memory_order_relaxed);
}

void StatusCounters::Inc(uint16_t status) {
  const bool known = status >= 100 && status <= 599;
  std::atomic<Hundred*>& slot = hundreds_[known ? status / 100 - 1 : 4];
  Hundred* hundred = slot.load(std::memory_order_relaxed);
  if (hundred == nullptr) [[unlikely]] {
    hundred = new Hundred;
    slot.store(hundred, std::memory_order_release);
  }
  Bump(known ? hundred->codes[status % 100] : hundred->without_code, 1);
}

uint64_t StatusCounters::value(uint16_t status) const {
  const bool known = status >= 100 && status <= 599;
  const Hundred* hundred = hundreds_[known ? status / 100 - 1 : 4].load(std::memory_order_acquire);
  if (hundred == nullptr) return 0;
  const auto& value = known ? hundred->codes[status % 100] : hundred->without_code;
  return value.load(std::memory_order_relaxed);
}

}  // namespace weir::stats
