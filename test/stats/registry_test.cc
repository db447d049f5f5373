#include "source/stats/registry.h"

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "gtest/gtest.h"
#include "source/stats/histogram_buckets.h"

namespace weir::stats {
namespace {

struct WebStats {
  Counter upstream_rq_total;
  Gauge upstream_cx_active;
  Histogram upstream_rq_time;
  StatusCounters upstream_rq_;

  static std::span<const Field> Fields() {
    static constexpr Field kFields[] = {
        WEIR_STAT_FIELD(WebStats, kCounter, upstream_rq_total, "Requests."),
        WEIR_STAT_FIELD(WebStats, kGauge, upstream_cx_active, "Connections now."),
        WEIR_STAT_FIELD(WebStats, kHistogram, upstream_rq_time, "Milliseconds."),
        WEIR_STAT_FIELD(WebStats, kStatusCounters, upstream_rq_, "Answers by status."),
    };
    return kFields;
  }
};

struct EdgeStats {
  StatusCounters downstream_rq_;

  static std::span<const Field> Fields() {
    static constexpr Field kFields[] = {
        WEIR_STAT_FIELD(EdgeStats, kStatusClassCounters, downstream_rq_, ""),
    };
    return kFields;
  }
};

const Reading* Find(const std::vector<Reading>& readings, std::string_view name) {
  for (const Reading& reading : readings) {
    if (reading.name == name) return &reading;
  }
  return nullptr;
}

using Tags = std::vector<std::pair<std::string, std::string>>;

TEST(HistogramBucketsTest, EveryValueLiesInItsBucketAndBucketsAreNarrow) {
  uint64_t previous_upper = 0;
  for (size_t row = 0; row < kBucketRows; ++row) {
    for (size_t column = 0; column < kBucketsInRow; ++column) {
      const uint64_t lower = BucketLower({row, column});
      const uint64_t upper = BucketUpper({row, column});
      if (row + column > 0) {
        EXPECT_EQ(lower, previous_upper + 1);
      }
      previous_upper = upper;
      EXPECT_LE(static_cast<double>(upper - lower), static_cast<double>(lower) * 0.1);
      for (const uint64_t value : {lower, upper, lower + (upper - lower) / 2}) {
        EXPECT_EQ(BucketOf(value).row, row);
        EXPECT_EQ(BucketOf(value).column, column);
      }
    }
  }
  EXPECT_EQ(previous_upper, kLargestBucketed);
  EXPECT_EQ(BucketOf(~uint64_t{0}).row, kBucketRows - 1);
}

TEST(HistogramTest, KeepsCountSumAndBuckets) {
  Histogram histogram;
  EXPECT_EQ(histogram.Read().count, 0u);
  for (const uint64_t value : {0u, 3u, 3u, 100u, 5000u}) histogram.Record(value);
  const Histogram::Snapshot read = histogram.Read();
  EXPECT_EQ(read.count, 5u);
  EXPECT_EQ(read.sum, 5106u);
  ASSERT_EQ(read.buckets.size(), 4u);
  EXPECT_EQ(read.buckets[1], (std::pair<uint64_t, uint64_t>{3, 2}));
  EXPECT_GE(read.buckets[3].first, 5000u);
  EXPECT_LE(read.buckets[3].first, 5320u);
}

TEST(StatusCountersTest, CountsCodesAndWhatIsNoCode) {
  StatusCounters counters;
  counters.Inc(100);
  counters.Inc(599);
  counters.Inc(599);
  counters.Inc(600);
  counters.Inc(0);
  EXPECT_EQ(counters.value(100), 1u);
  EXPECT_EQ(counters.value(599), 2u);
  EXPECT_EQ(counters.value(999), 2u);
  EXPECT_EQ(counters.value(200), 0u);
}

TEST(RegistryTest, SumsTheBlocksOfAScope) {
  Registry registry;
  Block<WebStats> first(registry, Scope{"cluster.", "web"});
  Block<WebStats> second(registry, Scope{"cluster.", "web"});
  Block<WebStats> other(registry, Scope{"cluster.", "api"});
  first->upstream_rq_total.Add(3);
  second->upstream_rq_total.Inc();
  other->upstream_rq_total.Add(100);
  first->upstream_cx_active.Add(5);
  second->upstream_cx_active.Dec();
  first->upstream_rq_time.Record(7);
  second->upstream_rq_time.Record(7);
  first->upstream_rq_.Inc(200);
  second->upstream_rq_.Inc(200);
  second->upstream_rq_.Inc(204);

  const auto readings = registry.Read();
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_total")->counter, 4u);
  EXPECT_EQ(Find(readings, "cluster.api.upstream_rq_total")->counter, 100u);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_cx_active")->gauge, 4);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_time")->histogram.count, 2u);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_time")->histogram.sum, 14u);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_200")->counter, 2u);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_2xx")->counter, 3u);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_404"), nullptr);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_4xx"), nullptr);
  EXPECT_TRUE(std::is_sorted(readings.begin(), readings.end(),
                             [](const auto& a, const auto& b) { return a.name < b.name; }));
}

TEST(RegistryTest, ADeadBlockLeavesItsCountsToTheLivingAndGaugesGo) {
  Registry registry;
  auto leaving = std::make_unique<Block<WebStats>>(registry, Scope{"cluster.", "web"});
  std::optional<Block<WebStats>> staying(std::in_place, registry, Scope{"cluster.", "web"});
  (*leaving)->upstream_rq_total.Add(3);
  (*leaving)->upstream_cx_active.Add(9);
  (*leaving)->upstream_rq_time.Record(20);
  (*leaving)->upstream_rq_.Inc(503);
  (*leaving)->upstream_rq_.Inc(999);
  leaving.reset();
  (*staying)->upstream_rq_total.Inc();

  auto readings = registry.Read();
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_total")->counter, 4u);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_cx_active")->gauge, 0);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_time")->histogram.sum, 20u);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_5xx")->counter, 2u);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_503")->counter, 1u);

  staying.reset();
  EXPECT_TRUE(registry.Read().empty());
  Block<WebStats> reborn(registry, Scope{"cluster.", "web"});
  EXPECT_EQ(Find(registry.Read(), "cluster.web.upstream_rq_total")->counter, 0u);
}

TEST(RegistryTest, UsedOnlyLeavesOutZeros) {
  Registry registry;
  Block<WebStats> block(registry, Scope{"cluster.", "web"});
  block->upstream_rq_total.Inc();
  const auto readings = registry.Read(/*used_only=*/true);
  ASSERT_EQ(readings.size(), 1u);
  EXPECT_EQ(readings[0].name, "cluster.web.upstream_rq_total");
}

TEST(RegistryTest, StatusClassesAreShownWithoutCodes) {
  Registry registry;
  Block<EdgeStats> block(registry, Scope{"http.", "in"});
  block->downstream_rq_.Inc(404);
  const auto readings = registry.Read();
  ASSERT_EQ(readings.size(), 5u);
  EXPECT_EQ(Find(readings, "http.in.downstream_rq_4xx")->counter, 1u);
  EXPECT_EQ(Find(readings, "http.in.downstream_rq_1xx")->counter, 0u);
}

TEST(RegistryTest, OneNameSpelledByTwoScopesIsSummed) {
  Registry registry;
  Block<WebStats> first(registry, Scope{"cluster.", "a.b"});
  Block<WebStats> second(registry, Scope{"cluster.", "a", "b."});
  first->upstream_rq_total.Inc();
  second->upstream_rq_total.Add(2);
  const auto readings = registry.Read();
  EXPECT_EQ(readings.size(), 3u);
  EXPECT_EQ(Find(readings, "cluster.a.b.upstream_rq_total")->counter, 3u);
}

TEST(RegistryTest, TagsAreExtractedAsEnvoyDoes) {
  Registry registry;
  Block<WebStats> cluster(registry, Scope{"cluster.", "web.v1"});
  cluster->upstream_rq_.Inc(503);
  const auto readings = registry.Read();
  const Reading* total = Find(readings, "cluster.web.v1.upstream_rq_total");
  EXPECT_EQ(total->extracted_name, "cluster.upstream_rq_total");
  EXPECT_EQ(total->tags, (Tags{{"envoy.cluster_name", "web.v1"}}));
  const Reading* code = Find(readings, "cluster.web.v1.upstream_rq_503");
  EXPECT_EQ(code->extracted_name, "cluster.upstream_rq");
  EXPECT_EQ(code->tags, (Tags{{"envoy.response_code", "503"}, {"envoy.cluster_name", "web.v1"}}));
  const Reading* code_class = Find(readings, "cluster.web.v1.upstream_rq_5xx");
  EXPECT_EQ(code_class->extracted_name, "cluster.upstream_rq_xx");
  EXPECT_EQ(code_class->tags,
            (Tags{{"envoy.response_code_class", "5"}, {"envoy.cluster_name", "web.v1"}}));
}

// The reader reads whole numbers while writers count, and blocks come and go.
TEST(RegistryTest, ReadsWhileOthersCountAndRetire) {
  Registry registry;
  std::atomic<bool> stop{false};
  Block<WebStats> anchor(registry, Scope{"cluster.", "web"});
  constexpr int kRounds = 200;
  constexpr int kCounts = 50;
  auto writer = [&] {
    for (int i = 0; i < kRounds; ++i) {
      Block<WebStats> block(registry, Scope{"cluster.", "web"});
      for (int j = 0; j < kCounts; ++j) {
        block->upstream_rq_total.Inc();
        block->upstream_rq_time.Record(static_cast<uint64_t>(j) * 37);
        block->upstream_rq_.Inc(static_cast<uint16_t>(200 + j % 3));
      }
    }
  };
  std::thread reader([&] {
    uint64_t last = 0;
    while (!stop.load()) {
      const uint64_t now = Find(registry.Read(), "cluster.web.upstream_rq_total")->counter;
      EXPECT_GE(now, last);
      last = now;
    }
  });
  std::thread one(writer);
  std::thread two(writer);
  one.join();
  two.join();
  stop.store(true);
  reader.join();
  const auto readings = registry.Read();
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_total")->counter, 2u * kRounds * kCounts);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_time")->histogram.count,
            2u * kRounds * kCounts);
  EXPECT_EQ(Find(readings, "cluster.web.upstream_rq_2xx")->counter, 2u * kRounds * kCounts);
}

}  // namespace
}  // namespace weir::stats
