#include "source/stats/field_sum.h"

#include <utility>

namespace weir::stats {
namespace {

template <typename T>
const T& Member(const void* data, const Field& field) {
  return *reinterpret_cast<const T*>(static_cast<const char*>(data) + field.offset);
}

}  // namespace

Histogram::Snapshot HistogramOf(const FieldSum& sum) {
  Histogram::Snapshot out;
  out.sum = sum.histogram_sum;
  out.buckets.assign(sum.buckets.begin(), sum.buckets.end());
  for (const auto& [bound, count] : out.buckets) out.count += count;
  return out;
}

Histogram::Snapshot Difference(const Histogram::Snapshot& now, const Histogram::Snapshot& before) {
  Histogram::Snapshot out;
  out.sum = now.sum - before.sum;
  size_t next = 0;
  for (const auto& [bound, count] : now.buckets) {
    uint64_t old = 0;
    if (next < before.buckets.size() && before.buckets[next].first == bound) {
      old = before.buckets[next++].second;
    }
    if (count == old) continue;
    out.buckets.emplace_back(bound, count - old);
    out.count += count - old;
  }
  return out;
}

void MergeHistogram(Histogram::Snapshot& into, const Histogram::Snapshot& from) {
  into.count += from.count;
  into.sum += from.sum;
  std::map<uint64_t, uint64_t> buckets(into.buckets.begin(), into.buckets.end());
  for (const auto& [bound, count] : from.buckets) buckets[bound] += count;
  into.buckets.assign(buckets.begin(), buckets.end());
}

void AddField(const void* data, const Field& field, FieldSum& sum) {
  switch (field.kind) {
    case Kind::kCounter:
      sum.counter += Member<Counter>(data, field).value();
      break;
    case Kind::kGauge:
      sum.gauge += Member<Gauge>(data, field).value();
      break;
    case Kind::kHistogram: {
      const Histogram::Snapshot read = Member<Histogram>(data, field).Read();
      sum.histogram_sum += read.sum;
      for (const auto& [bound, count] : read.buckets) sum.buckets[bound] += count;
      break;
    }
    case Kind::kText:
      if (std::string text = Member<TextReadout>(data, field).value(); !text.empty()) {
        sum.text = std::move(text);
      }
      break;
    case Kind::kStatusCounters:
    case Kind::kStatusClassCounters: {
      const auto& counters = Member<StatusCounters>(data, field);
      if (const uint64_t n = counters.value(0); n != 0) sum.statuses[0] += n;
      for (uint16_t status = 100; status < 600; ++status) {
        if (const uint64_t n = counters.value(status); n != 0) sum.statuses[status] += n;
      }
      break;
    }
  }
}

void Fold(const void* data, std::span<const Field> fields, std::vector<FieldSum>& into) {
  into.resize(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].kind == Kind::kGauge || fields[i].kind == Kind::kText) continue;
    AddField(data, fields[i], into[i]);
  }
}

}  // namespace weir::stats
