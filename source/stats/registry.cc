#include "source/stats/registry.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/stats/tags.h"

namespace weir::stats {
namespace {

// The worth of one field: of dead blocks, or summed while reading.
struct FieldSum {
  uint64_t counter = 0;
  int64_t gauge = 0;
  std::map<uint64_t, uint64_t> buckets;
  uint64_t histogram_sum = 0;
  std::map<uint16_t, uint64_t> statuses;  // 0: without a code
};

template <typename T>
const T& Member(const void* data, const Field& field) {
  return *reinterpret_cast<const T*>(static_cast<const char*>(data) + field.offset);
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

// Gauges are states of a living block: nothing of them remains.
void Fold(const void* data, std::span<const Field> fields, std::vector<FieldSum>& into) {
  into.resize(fields.size());
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].kind != Kind::kGauge) AddField(data, fields[i], into[i]);
  }
}

// Turns summed fields of one scope into readings.
class Writer {
 public:
  Writer(const ScopeName& scope, bool used_only, std::vector<Reading>& out)
      : scope_(scope), used_only_(used_only), out_(out) {}

  void Write(const Field& field, const FieldSum& sum) {
    switch (field.kind) {
      case Kind::kCounter:
        if (!used_only_ || sum.counter != 0)
          Add(field.name, Kind::kCounter, field).counter = sum.counter;
        break;
      case Kind::kGauge:
        if (!used_only_ || sum.gauge != 0) Add(field.name, Kind::kGauge, field).gauge = sum.gauge;
        break;
      case Kind::kHistogram:
        if (!used_only_ || !sum.buckets.empty()) WriteHistogram(field, sum);
        break;
      case Kind::kStatusCounters:
      case Kind::kStatusClassCounters:
        WriteStatuses(field, sum);
        break;
    }
  }

 private:
  Reading& Add(std::string_view name, Kind kind, const Field& field) {
    Reading& reading = out_.emplace_back();
    reading.name = StrCat(scope_.full, name);
    reading.extracted_name = StrCat(scope_.extracted, name);
    reading.tags = scope_.tags;
    reading.kind = kind;
    reading.help = field.help;
    return reading;
  }

  void WriteHistogram(const Field& field, const FieldSum& sum) {
    Histogram::Snapshot& out = Add(field.name, Kind::kHistogram, field).histogram;
    out.sum = sum.histogram_sum;
    out.buckets.assign(sum.buckets.begin(), sum.buckets.end());
    for (const auto& [bound, count] : out.buckets) out.count += count;
  }

  // Envoy's names: "upstream_rq_200" is "upstream_rq" of response_code 200, "upstream_rq_2xx" is
  // "upstream_rq_xx" of response_code_class 2.
  void WriteStatuses(const Field& field, const FieldSum& sum) {
    uint64_t classes[6] = {};
    for (const auto& [status, count] : sum.statuses) {
      classes[status == 0 ? 5 : status / 100] += count;
      if (field.kind == Kind::kStatusClassCounters || status == 0) continue;
      Reading& reading = Add(StrCat(field.name, status), Kind::kCounter, field);
      reading.extracted_name = StrCat(scope_.extracted, WithoutUnderscore(field.name));
      reading.tags.emplace(reading.tags.begin(), "envoy.response_code", StrCat(status));
      reading.counter = count;
    }
    for (int i = 1; i <= 5; ++i) {
      // Classes that never happened are shown where there are no codes: that list is short and
      // fixed.
      if (classes[i] == 0 && (used_only_ || field.kind == Kind::kStatusCounters)) continue;
      Reading& reading = Add(StrCat(field.name, i, "xx"), Kind::kCounter, field);
      reading.extracted_name = StrCat(scope_.extracted, field.name, "xx");
      reading.tags.emplace(reading.tags.begin(), "envoy.response_code_class", StrCat(i));
      reading.counter = classes[i];
    }
  }

  static std::string_view WithoutUnderscore(std::string_view name) {
    return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
  }

  const ScopeName& scope_;
  const bool used_only_;
  std::vector<Reading>& out_;
};

void Merge(Reading& into, const Reading& from) {
  into.counter += from.counter;
  into.gauge += from.gauge;
  into.histogram.count += from.histogram.count;
  into.histogram.sum += from.histogram.sum;
  std::map<uint64_t, uint64_t> buckets(into.histogram.buckets.begin(),
                                       into.histogram.buckets.end());
  for (const auto& [bound, count] : from.histogram.buckets) buckets[bound] += count;
  into.histogram.buckets.assign(buckets.begin(), buckets.end());
}

}  // namespace

namespace internal {

// Everything of one scope and one struct. Under the registry's mutex but for the constants.
struct Group {
  const Scope scope;
  const std::span<const Field> fields;
  std::vector<std::shared_ptr<const void>> blocks;
  std::vector<FieldSum> folded;  // Of blocks that died while others lived; empty if none.
};

struct BlockEntry {
  std::shared_ptr<Group> group;
  std::shared_ptr<const void> data;
};

}  // namespace internal

struct Registry::State {
  using Key = std::tuple<std::string, std::string, std::string, const Field*>;
  static Key KeyOf(const Scope& scope, std::span<const Field> fields) {
    return {std::string(scope.prefix), scope.instance, std::string(scope.suffix), fields.data()};
  }

  // What a reader takes away under the mutex; it reads the numbers after.
  struct Copy {
    std::shared_ptr<const internal::Group> group;
    std::vector<std::shared_ptr<const void>> blocks;
    std::vector<FieldSum> folded;
  };

  Mutex mutex;
  std::map<Key, std::shared_ptr<internal::Group>> groups WEIR_GUARDED_BY(mutex);
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

std::shared_ptr<internal::BlockEntry> internal::Register(Registry& registry, Scope scope,
                                                         std::span<const Field> fields,
                                                         std::shared_ptr<void> data) {
  Registry::State& state = *registry.state_;
  auto key = Registry::State::KeyOf(scope, fields);
  MutexLock lock(state.mutex);
  std::shared_ptr<Group>& group = state.groups[std::move(key)];
  if (group == nullptr) group = std::make_shared<Group>(Group{std::move(scope), fields, {}, {}});
  group->blocks.push_back(data);
  return std::make_shared<BlockEntry>(BlockEntry{group, std::move(data)});
}

void internal::Retire(Registry& registry, const std::shared_ptr<BlockEntry>& entry) {
  Registry::State& state = *registry.state_;
  Group& group = *entry->group;
  MutexLock lock(state.mutex);
  const auto at = std::find(group.blocks.begin(), group.blocks.end(), entry->data);
  WEIR_CHECK(at != group.blocks.end(), "a block is retired once");
  group.blocks.erase(at);
  if (group.blocks.empty()) {
    state.groups.erase(Registry::State::KeyOf(group.scope, group.fields));
    return;
  }
  Fold(entry->data.get(), group.fields, group.folded);
}

std::vector<Reading> Registry::Read(bool used_only) const {
  std::vector<State::Copy> copies;
  {
    MutexLock lock(state_->mutex);
    copies.reserve(state_->groups.size());
    for (const auto& [key, group] : state_->groups) {
      copies.push_back({group, group->blocks, group->folded});
    }
  }
  std::vector<Reading> readings;
  for (const State::Copy& copy : copies) {
    const internal::Group& group = *copy.group;
    const ScopeName name = NameScope(group.scope.prefix, group.scope.instance, group.scope.suffix);
    Writer writer(name, used_only, readings);
    for (size_t i = 0; i < group.fields.size(); ++i) {
      FieldSum sum;
      if (!copy.folded.empty()) sum = copy.folded[i];
      for (const auto& block : copy.blocks) AddField(block.get(), group.fields[i], sum);
      writer.Write(group.fields[i], sum);
    }
  }
  std::sort(readings.begin(), readings.end(), [](const Reading& a, const Reading& b) {
    return std::tie(a.name, a.kind) < std::tie(b.name, b.kind);
  });
  // Two scopes may spell one name ("a.b" + "c", "a" + "b.c"): their sum is shown.
  size_t last = 0;
  for (size_t i = 1; i < readings.size(); ++i) {
    if (readings[i].name == readings[last].name && readings[i].kind == readings[last].kind) {
      Merge(readings[last], readings[i]);
    } else if (++last != i) {
      readings[last] = std::move(readings[i]);
    }
  }
  if (!readings.empty()) readings.resize(last + 1);
  return readings;
}

}  // namespace weir::stats
