// The way of one type's resources from one origin, such as the xDS client, into the directors:
// compiled on the pool, applied on the main thread, recorded in the book, and answered (ACK or
// NACK) at once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"
#include "source/event/executor.h"
#include "source/event/files.h"
#include "source/event/loop.h"
#include "source/server/named_subscriptions.h"
#include "source/server/resource_book.h"
#include "source/server/resource_compiler.h"
#include "source/xds/resource_sink.h"

namespace weir::server {

// A resource's key (see config::ResourceKey) and what it was compiled to.
struct KeyedValue {
  std::string key;
  const CompiledValue* value;
};

// Where compiled resources of one type and origin go. Main thread.
struct TypeTarget {
  ResourceBook::SetId set = {};
  // Says of each value of an update whether it fits, those of one update together. Null: they do.
  std::function<std::vector<absl::Status>(const std::vector<KeyedValue>& values)> check = nullptr;
  // What can still be refused here is refused now; what is left to do, which cannot fail, is
  // returned.
  std::function<absl::StatusOr<std::function<void()>>(const std::string& key, CompiledValue value)>
      prepare;
  // After what is left to do was done for all that an update brings. May be null.
  std::function<void()> committed = nullptr;
  std::function<void(const std::string& key)> remove;
  // Of names that were asked for; null where the type is asked for as a whole.
  std::function<void(const std::string& key)> timed_out = nullptr;
  std::function<void(const std::string& key)> released = nullptr;
  // After the first answer, or its absence in time. May be null.
  std::function<void()> first_answer = nullptr;
  // Counts what becomes of each key. Null: the type is asked for as a whole.
  NamedSubscriptions* subscriptions = nullptr;
  // Resources that were read from files are compiled anew when those change. Null: none are.
  event::Files* files = nullptr;
};

class TypeSink final : public xds::ResourceSink {
 public:
  // `transactional`: an update with anything that is refused changes nothing.
  TypeSink(TypeTarget target, bool transactional, const ResourceCompiler& compiler,
           event::Executor& executor, event::Loop& loop, ResourceBook& book);
  TypeSink(const TypeSink&) = delete;
  TypeSink& operator=(const TypeSink&) = delete;

  void OnUpdate(xds::Update update, std::function<void(xds::Verdict)> done) override;
  void OnResponseRejected(std::string_view version, std::string_view error) override;
  void OnFetchTimeout(std::string_view name) override;
  void OnReleased(std::string_view name) override;
  // Nobody asks for anything from its origin any more.
  void ReleaseAll();

 private:
  struct Job;
  using Watches = std::vector<std::unique_ptr<event::FileWatch>>;
  // A resource in force whose value is read from files.
  struct FromFiles {
    xds::RawResource raw;
    std::vector<std::string> paths;
    Watches watches;
    bool loading = false;
    bool changed_while_loading = false;
  };

  const std::string& type_url() const { return target_.set.type_url; }
  std::string KeyOf(std::string_view name) const {
    return config::ResourceKey(name, target_.set.origin);
  }
  void Compile(std::shared_ptr<Job> job);
  void Apply(Job& job);
  // Empty where the resource reads no files, or those that are watched already.
  absl::StatusOr<Watches> WatchNew(std::string_view name, const std::vector<std::string>& paths);
  void KeepWatching(const xds::RawResource& raw, std::vector<std::string> paths, Watches watches);
  void Reload(std::string_view name);
  // Whether what was reloaded is still what is in force.
  bool EndReload(const xds::RawResource& raw);
  void CheckTogether(Job& job) const;
  void Prepare(Job& job, xds::Verdict& verdict);
  void Reject(const xds::RawResource& raw, const absl::Status& status, xds::Verdict& verdict);
  void CountOutcomes(const Job& job, const xds::Verdict& verdict);
  void RecordMalformed(const xds::Update& update);
  void Commit(Job& job);
  void Answered();

  const TypeTarget target_;
  const bool transactional_;
  const ResourceCompiler& compiler_;
  event::Executor& executor_;
  event::Loop& loop_;
  ResourceBook& book_;
  bool answered_ = false;
  HashMap<FromFiles> from_files_;
  // Work on the pool holds it weakly.
  const std::shared_ptr<TypeSink*> self_;
};

}  // namespace weir::server
