// What came of each resource that is asked for by its name, counted as Envoy's subscriptions are:
// cluster.<name>.*, http.<prefix>.rds.<route>.* and sds.<name>.*
//
// There may be one for each of tens of thousands of clusters: a row is a few numbers, and stat
// names are put together when somebody reads. Main thread, but for Samples, which any thread calls.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/mutex.h"
#include "source/event/clock.h"
#include "source/stats/registry.h"

namespace weir::server {

class NamedSubscriptions {
 public:
  enum class Kind : uint8_t { kEndpoints, kRoutes, kSecrets };
  explicit NamedSubscriptions(Kind kind) : kind_(kind) {}
  NamedSubscriptions(const NamedSubscriptions&) = delete;
  NamedSubscriptions& operator=(const NamedSubscriptions&) = delete;

  // A name may have several places in the names of stats (see Subscriber), each with a row of its
  // own while it is used; counted. `source` stands for the stream or file that it comes by.
  void Add(std::string_view name, std::string_view place, const void* source);
  void Remove(std::string_view name, std::string_view place);

  // What became of one resource of an answer.
  struct Outcome {
    std::string name;
    bool accepted = true;
    bool changed = true;  // From what was in force.
  };
  void Answered(const std::vector<Outcome>& outcomes, std::string_view version,
                event::SystemTime now);
  // What is in force was read again from its files, and was refused.
  void RotationFailed(std::string_view name);
  void TimedOut(std::string_view name);
  // The stream ended, or the file cannot be read.
  void Failed(const void* source);

  std::vector<stats::Sample> Samples() const;

 private:
  // One answer, shared by all that came with it.
  struct Answer {
    std::string version;
    event::SystemTime received;
  };
  struct Row {
    std::shared_ptr<const std::string> place;  // Null: the name.
    const void* source = nullptr;
    std::shared_ptr<const Answer> accepted;  // The last; null: none was.
    event::SystemTime reloaded;
    uint32_t users = 0;
    uint32_t attempts = 0, successes = 0, rejections = 0, failures = 0, timeouts = 0;
    uint32_t reloads = 0, rotation_failures = 0;
  };
  using Rows = std::multimap<std::string, Row, std::less<>>;  // By resource name.

  static const std::string& PlaceOf(const Rows::value_type& row) {
    return row.second.place == nullptr ? row.first : *row.second.place;
  }
  Rows::iterator Find(std::string_view name, std::string_view place) WEIR_REQUIRES(mutex_);
  // Adds one to a counter of each row of `name`.
  void Count(std::string_view name, uint32_t Row::* counter);
  void AddSamples(const Rows::value_type& of, std::vector<stats::Sample>& out) const;

  const Kind kind_;
  mutable Mutex mutex_;
  Rows rows_ WEIR_GUARDED_BY(mutex_);
};

}  // namespace weir::server
