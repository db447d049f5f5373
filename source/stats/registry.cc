#include "source/stats/registry.h"

#include <algorithm>
#include <list>
#include <map>
#include <tuple>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/stats/field_sum.h"
#include "source/stats/tags.h"

namespace weir::stats {
namespace {

// Turns summed fields of one scope into readings.
class Writer {
 public:
  Writer(const NamePolicy& policy, bool used_only, std::vector<Reading>& out)
      : policy_(policy), used_only_(used_only), out_(out) {}

  // What is written from now on is of this scope.
  void Begin(const Scope& scope) {
    scope_ = NameScope(scope.prefix, scope.instance, scope.suffix,
                       [this](std::string_view tag) { return policy_.Keeps(tag); });
  }

  // `interval` is a histogram's; null when there is none yet.
  void Write(const Field& field, const FieldSum& sum, const Histogram::Snapshot* interval) {
    switch (field.kind) {
      case Kind::kCounter:
        WriteCounter(field.name, sum.counter, field.help);
        break;
      case Kind::kGauge:
        WriteGauge(field.name, sum.gauge, field.help);
        break;
      case Kind::kHistogram:
        if (used_only_ && sum.buckets.empty()) break;
        Add({.name = std::string(field.name),
             .kind = Kind::kHistogram,
             .histogram = HistogramOf(sum),
             .interval = interval == nullptr ? Histogram::Snapshot() : *interval},
            field.help);
        break;
      case Kind::kText:
        WriteText(field.name, sum.text, field.help);
        break;
      case Kind::kStatusCounters:
      case Kind::kStatusClassCounters:
        WriteStatuses(field, sum);
        break;
    }
  }

  void Write(const Sample& sample) {
    switch (sample.kind) {
      case Kind::kCounter:
        return WriteCounter(sample.name, static_cast<uint64_t>(sample.number), sample.help);
      case Kind::kText:
        return WriteText(sample.name, sample.text, sample.help);
      default:
        return WriteGauge(sample.name, sample.number, sample.help);
    }
  }

 private:
  void WriteCounter(std::string_view name, uint64_t counter, std::string_view help) {
    if (used_only_ && counter == 0) return;
    Add({.name = std::string(name), .kind = Kind::kCounter, .counter = counter}, help);
  }
  void WriteGauge(std::string_view name, int64_t gauge, std::string_view help) {
    if (used_only_ && gauge == 0) return;
    Add({.name = std::string(name), .kind = Kind::kGauge, .gauge = gauge}, help);
  }
  void WriteText(std::string_view name, const std::string& text, std::string_view help) {
    if (used_only_ && text.empty()) return;
    Add({.name = std::string(name), .kind = Kind::kText, .text = text}, help);
  }

  // `reading` has the name and extracted name (empty: the same) within the scope, and tags beside
  // the scope's.
  void Add(Reading reading, std::string_view help) {
    if (reading.extracted_name.empty()) reading.extracted_name = reading.name;
    reading.name.insert(0, scope_.full);
    if (!policy_.Shows(reading.name)) return;
    reading.extracted_name.insert(0, scope_.extracted);
    reading.tags.insert(reading.tags.end(), scope_.tags.begin(), scope_.tags.end());
    reading.help = help;
    policy_.Apply(reading.name, reading.extracted_name, reading.tags);
    out_.push_back(std::move(reading));
  }

  // Envoy's names: "upstream_rq_200" is "upstream_rq" of response_code 200, "upstream_rq_2xx" is
  // "upstream_rq_xx" of response_code_class 2.
  void WriteStatuses(const Field& field, const FieldSum& sum) {
    uint64_t classes[6] = {};
    for (const auto& [status, count] : sum.statuses) {
      classes[status == 0 ? 5 : status / 100] += count;
      if (field.kind == Kind::kStatusClassCounters || status == 0) continue;
      AddStatus(field, StrCat(field.name, status), WithoutUnderscore(field.name), kResponseCodeTag,
                StrCat(status), count);
    }
    for (int i = 1; i <= 5; ++i) {
      // Classes that never happened are shown where there are no codes: that list is short and
      // fixed.
      if (classes[i] == 0 && (used_only_ || field.kind == Kind::kStatusCounters)) continue;
      AddStatus(field, StrCat(field.name, i, "xx"), StrCat(field.name, "xx"), kResponseCodeClassTag,
                StrCat(i), classes[i]);
    }
  }

  void AddStatus(const Field& field, std::string name, std::string_view extracted,
                 std::string_view tag, std::string value, uint64_t count) {
    Reading reading{.name = std::move(name), .kind = Kind::kCounter, .counter = count};
    if (policy_.Keeps(tag)) {
      reading.extracted_name = extracted;
      reading.tags.emplace_back(tag, std::move(value));
    }
    Add(std::move(reading), field.help);
  }

  static std::string_view WithoutUnderscore(std::string_view name) {
    return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
  }

  const NamePolicy& policy_;
  const bool used_only_;
  ScopeName scope_;
  std::vector<Reading>& out_;
};

void Merge(Reading& into, const Reading& from) {
  into.counter += from.counter;
  into.gauge += from.gauge;
  MergeHistogram(into.histogram, from.histogram);
  MergeHistogram(into.interval, from.interval);
  if (into.text.empty()) into.text = from.text;
}

// Two scopes may spell one name ("a.b" + "c", "a" + "b.c"): their sum is shown.
void SortAndMerge(std::vector<Reading>& readings) {
  std::sort(readings.begin(), readings.end(), [](const Reading& a, const Reading& b) {
    return std::tie(a.name, a.kind) < std::tie(b.name, b.kind);
  });
  size_t last = 0;
  for (size_t i = 1; i < readings.size(); ++i) {
    if (readings[i].name == readings[last].name && readings[i].kind == readings[last].kind) {
      Merge(readings[last], readings[i]);
    } else if (++last != i) {
      readings[last] = std::move(readings[i]);
    }
  }
  if (!readings.empty()) readings.resize(last + 1);
}

}  // namespace

namespace internal {

// Everything of one scope and one struct. Under the registry's mutex but for the constants.
struct Group {
  Group(Scope of, std::span<const Field> with)
      : suffix(of.suffix), scope{of.prefix, std::move(of.instance), suffix}, fields(with) {}

  const std::string suffix;  // The scope's, which outlives who said it first.
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

    FieldSum Sum(size_t field) const {
      FieldSum sum;
      if (!folded.empty()) sum = folded[field];
      for (const auto& block : blocks) AddField(block.get(), group->fields[field], sum);
      return sum;
    }
  };
  std::vector<Copy> CopyGroups();

  // The histograms of one group that have values, by field.
  struct Interval {
    std::weak_ptr<const internal::Group> group;
    struct Values {
      Histogram::Snapshot at_end;  // Since the start.
      Histogram::Snapshot inside;
    };
    std::map<size_t, Values> fields;

    const Values* Find(size_t field) const {
      const auto found = fields.find(field);
      return found == fields.end() ? nullptr : &found->second;
    }
  };
  // By the group's address, which another one may have got since: hence the weak pointer.
  using Intervals = std::map<const internal::Group*, Interval>;
  static const Interval* FindInterval(const Intervals& intervals,
                                      const std::shared_ptr<const internal::Group>& group) {
    const auto found = intervals.find(group.get());
    if (found == intervals.end() || found->second.group.lock() != group) return nullptr;
    return &found->second;
  }

  Mutex mutex;
  std::map<Key, std::shared_ptr<internal::Group>> groups WEIR_GUARDED_BY(mutex);
  std::shared_ptr<const NamePolicy> policy WEIR_GUARDED_BY(mutex) =
      std::make_shared<const NamePolicy>();
  std::shared_ptr<const Intervals> intervals WEIR_GUARDED_BY(mutex) =
      std::make_shared<const Intervals>();

  Mutex sources_mutex;  // Held while they are called.
  std::list<Source> sources WEIR_GUARDED_BY(sources_mutex);
};

std::vector<Registry::State::Copy> Registry::State::CopyGroups() {
  const MutexLock lock(mutex);
  std::vector<Copy> copies;
  copies.reserve(groups.size());
  for (const auto& [key, group] : groups) copies.push_back({group, group->blocks, group->folded});
  return copies;
}

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

std::shared_ptr<internal::BlockEntry> internal::Register(Registry& registry, Scope scope,
                                                         std::span<const Field> fields,
                                                         std::shared_ptr<void> data) {
  Registry::State& state = *registry.state_;
  auto key = Registry::State::KeyOf(scope, fields);
  MutexLock lock(state.mutex);
  std::shared_ptr<Group>& group = state.groups[std::move(key)];
  if (group == nullptr) group = std::make_shared<Group>(std::move(scope), fields);
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

void Registry::SetPolicy(std::shared_ptr<const NamePolicy> policy) {
  const MutexLock lock(state_->mutex);
  state_->policy = std::move(policy);
}

std::shared_ptr<void> Registry::AddSource(Source source) {
  const MutexLock lock(state_->sources_mutex);
  const auto place = state_->sources.insert(state_->sources.end(), std::move(source));
  return std::shared_ptr<void>(nullptr, [state = state_.get(), place](void*) {
    const MutexLock taking_out(state->sources_mutex);
    state->sources.erase(place);
  });
}

void Registry::RollIntervals() {
  std::shared_ptr<const State::Intervals> before;
  {
    const MutexLock lock(state_->mutex);
    before = state_->intervals;
  }
  auto next = std::make_shared<State::Intervals>();
  for (const State::Copy& copy : state_->CopyGroups()) {
    const State::Interval* const old = State::FindInterval(*before, copy.group);
    for (size_t i = 0; i < copy.group->fields.size(); ++i) {
      if (copy.group->fields[i].kind != Kind::kHistogram) continue;
      Histogram::Snapshot now = HistogramOf(copy.Sum(i));
      if (now.count == 0) continue;
      const auto* const values = old == nullptr ? nullptr : old->Find(i);
      Histogram::Snapshot inside = values == nullptr ? now : Difference(now, values->at_end);
      State::Interval& interval = (*next)[copy.group.get()];
      interval.group = copy.group;
      interval.fields[i] = {std::move(now), std::move(inside)};
    }
  }
  const MutexLock lock(state_->mutex);
  state_->intervals = std::move(next);
}

std::vector<Reading> Registry::Read(bool used_only) const {
  std::shared_ptr<const NamePolicy> policy;
  std::shared_ptr<const State::Intervals> intervals;
  {
    const MutexLock lock(state_->mutex);
    policy = state_->policy;
    intervals = state_->intervals;
  }
  std::vector<Reading> readings;
  Writer writer(*policy, used_only, readings);
  for (const State::Copy& copy : state_->CopyGroups()) {
    const internal::Group& group = *copy.group;
    const State::Interval* const interval = State::FindInterval(*intervals, copy.group);
    writer.Begin(group.scope);
    for (size_t i = 0; i < group.fields.size(); ++i) {
      const auto* const values = interval == nullptr ? nullptr : interval->Find(i);
      writer.Write(group.fields[i], copy.Sum(i), values == nullptr ? nullptr : &values->inside);
    }
  }
  {
    const MutexLock lock(state_->sources_mutex);
    for (const Source& source : state_->sources) {
      for (const Sample& sample : source()) {
        writer.Begin(sample.scope);
        writer.Write(sample);
      }
    }
  }
  SortAndMerge(readings);
  return readings;
}

}  // namespace weir::stats
