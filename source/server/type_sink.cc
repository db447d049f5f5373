#include "source/server/type_sink.h"

#include <optional>
#include <utility>

#include "source/base/log.h"
#include "source/base/status.h"

namespace weir::server {

struct TypeSink::Job {
  xds::Update update;
  std::function<void(xds::Verdict)> done;
  // By the index of the update's resources; nothing where the bytes did not change.
  std::vector<std::optional<absl::StatusOr<CompiledResource>>> compiled;
  // What is left to do for those that are accepted; empty for the others.
  std::vector<std::function<void()>> commits;
  std::vector<Watches> watches;  // Of the files that they were read from, where they are new.
  // The files of a resource in force have changed, its bytes have not.
  bool is_reload = false;
};

namespace {

// "path: reason" of each; null when there are none.
std::shared_ptr<const admin::ResourceRecord::Remarks> RemarksOn(
    const std::vector<schema::Unsupported>& ignored) {
  if (ignored.empty()) return nullptr;
  auto remarks = std::make_shared<admin::ResourceRecord::Remarks>();
  for (const schema::Unsupported& field : ignored) {
    remarks->ignored.push_back(StrCat(field.path, ": ", field.ToString(), " (", field.reason, ")"));
  }
  return remarks;
}

}  // namespace

TypeSink::TypeSink(TypeTarget target, bool transactional, const ResourceCompiler& compiler,
                   event::Executor& executor, event::Loop& loop, ResourceBook& book)
    : target_(std::move(target)),
      transactional_(transactional),
      compiler_(compiler),
      executor_(executor),
      loop_(loop),
      book_(book),
      self_(std::make_shared<TypeSink*>(this)) {}

void TypeSink::OnUpdate(xds::Update update, std::function<void(xds::Verdict)> done) {
  Compile(std::make_shared<Job>(Job{std::move(update), std::move(done), {}, {}, {}}));
}

void TypeSink::Compile(std::shared_ptr<Job> job) {
  executor_.Run([job, compiler = &compiler_, type_url = type_url(), loop = &loop_,
                 weak = std::weak_ptr<TypeSink*>(self_)] {
    job->compiled.resize(job->update.resources.size());
    for (size_t i = 0; i < job->compiled.size(); ++i) {
      const xds::RawResource& resource = job->update.resources[i];
      if (!resource.unchanged) job->compiled[i] = compiler->Compile(type_url, resource.bytes());
    }
    loop->Post([job, weak] {
      if (const auto self = weak.lock()) (*self)->Apply(*job);
    });
  });
}

void TypeSink::Apply(Job& job) {
  if (job.is_reload && !EndReload(job.update.resources.front())) return;
  xds::Verdict verdict;
  Prepare(job, verdict);
  RecordMalformed(job.update);
  const bool refused = !verdict.rejections.empty() || !job.update.malformed.empty();
  verdict.applied = !transactional_ || !refused;
  if (verdict.applied) {
    Commit(job);
    if (verdict.rejections.empty() && !job.is_reload)
      book_.SetVersion(target_.set, job.update.version);
  } else {
    WEIR_LOG(kConfig, kWarn, "version ", job.update.version, " of ", type_url(),
             " is refused whole, as updates are transactional");
  }
  if (target_.subscriptions != nullptr) CountOutcomes(job, verdict);
  job.done(std::move(verdict));
  Answered();
}

void TypeSink::CountOutcomes(const Job& job, const xds::Verdict& verdict) {
  HashSet rejected;
  for (const xds::Rejection& rejection : verdict.rejections) rejected.insert(rejection.name);
  if (job.is_reload) {
    for (const std::string& name : rejected) target_.subscriptions->RotationFailed(KeyOf(name));
    return;
  }
  std::vector<NamedSubscriptions::Outcome> outcomes;
  for (const xds::RawResource& raw : job.update.resources) {
    outcomes.push_back(
        {KeyOf(raw.name()), verdict.applied && !rejected.contains(raw.name()), !raw.unchanged});
  }
  for (const std::string& name : job.update.removed) {
    outcomes.push_back({KeyOf(name), verdict.applied});
  }
  for (const xds::Rejection& malformed : job.update.malformed) {
    outcomes.push_back({KeyOf(malformed.name), false});
  }
  target_.subscriptions->Answered(outcomes, job.update.version, loop_.WallNow());
}

// What does not fit is as if it had not been compiled.
void TypeSink::CheckTogether(Job& job) const {
  if (!target_.check) return;
  std::vector<size_t> places;
  std::vector<KeyedValue> values;
  for (size_t i = 0; i < job.compiled.size(); ++i) {
    if (!job.compiled[i].has_value() || !job.compiled[i]->ok()) continue;
    places.push_back(i);
    values.push_back({KeyOf(job.update.resources[i].name()), &(*job.compiled[i])->value});
  }
  const std::vector<absl::Status> statuses = target_.check(values);
  for (size_t i = 0; i < places.size(); ++i) {
    if (!statuses[i].ok()) job.compiled[places[i]] = statuses[i];
  }
}

void TypeSink::Prepare(Job& job, xds::Verdict& verdict) {
  CheckTogether(job);
  job.commits.resize(job.compiled.size());
  job.watches.resize(job.compiled.size());
  for (size_t i = 0; i < job.compiled.size(); ++i) {
    if (!job.compiled[i].has_value()) continue;
    absl::StatusOr<CompiledResource>& compiled = *job.compiled[i];
    absl::Status status = compiled.status();
    if (status.ok()) {
      auto commit =
          target_.prepare(KeyOf(job.update.resources[i].name()), std::move(compiled->value));
      if (commit.ok()) job.commits[i] = *std::move(commit);
      status = commit.status();
    }
    if (status.ok()) {
      auto watches = WatchNew(job.update.resources[i].name(), compiled->watched);
      if (watches.ok()) job.watches[i] = *std::move(watches);
      if (!watches.ok()) job.commits[i] = nullptr;
      status = watches.status();
    }
    if (!status.ok()) Reject(job.update.resources[i], status, verdict);
  }
}

absl::StatusOr<TypeSink::Watches> TypeSink::WatchNew(std::string_view name,
                                                     const std::vector<std::string>& paths) {
  Watches watches;
  const auto known = from_files_.find(name);
  if (target_.files == nullptr || (known != from_files_.end() && known->second.paths == paths)) {
    return watches;
  }
  for (const std::string& path : paths) {
    auto watch = target_.files->Watch(path, [this, name = std::string(name)] { Reload(name); });
    if (!watch.ok()) return Annotate(watch.status(), "the files of it cannot be watched");
    watches.push_back(*std::move(watch));
  }
  return watches;
}

// What changes between the reading of a file and the watch of it must not be missed: a new watch
// begins with a reload.
void TypeSink::KeepWatching(const xds::RawResource& raw, std::vector<std::string> paths,
                            Watches watches) {
  if (target_.files == nullptr || paths.empty()) {
    from_files_.erase(raw.name());
    return;
  }
  FromFiles& kept = from_files_[std::string(raw.name())];
  kept.raw = raw;
  if (watches.empty()) return;
  kept.paths = std::move(paths);
  kept.watches = std::move(watches);
  Reload(raw.name());
}

void TypeSink::Reload(std::string_view name) {
  const auto found = from_files_.find(name);
  if (found == from_files_.end()) return;
  FromFiles& resource = found->second;
  resource.changed_while_loading = resource.loading;
  if (std::exchange(resource.loading, true)) return;
  xds::Update update{.version = std::string(resource.raw.version()), .resources = {resource.raw}};
  auto job = std::make_shared<Job>(Job{std::move(update), [](const xds::Verdict&) {}, {}, {}, {}});
  job->is_reload = true;
  Compile(std::move(job));
}

bool TypeSink::EndReload(const xds::RawResource& raw) {
  const auto found = from_files_.find(raw.name());
  if (found == from_files_.end()) return false;
  FromFiles& resource = found->second;
  resource.loading = false;
  const bool in_force = resource.raw.bytes() == raw.bytes();
  if (resource.changed_while_loading || !in_force) Reload(raw.name());
  return in_force;
}

void TypeSink::Reject(const xds::RawResource& raw, const absl::Status& status,
                      xds::Verdict& verdict) {
  const std::string error(MessageOf(status));
  WEIR_LOG(kConfig, kWarn, "rejected ", type_url(), " \"", raw.name(), "\" ", raw.version(), ": ",
           error);
  book_.Rejected(target_.set, raw.name(),
                 {std::string(raw.version()), error, loop_.WallNow(), std::string(raw.bytes())});
  verdict.rejections.push_back({std::string(raw.name()), error});
}

void TypeSink::RecordMalformed(const xds::Update& update) {
  for (const xds::Rejection& malformed : update.malformed) {
    WEIR_LOG(kConfig, kWarn, "rejected ", type_url(), " \"", malformed.name,
             "\": ", malformed.error);
    if (malformed.name.empty()) continue;
    book_.Rejected(target_.set, malformed.name,
                   {update.version, malformed.error, loop_.WallNow(), {}});
  }
}

void TypeSink::Commit(Job& job) {
  for (size_t i = 0; i < job.commits.size(); ++i) {
    const xds::RawResource& raw = job.update.resources[i];
    if (raw.unchanged) book_.Renewed(target_.set, raw.content);
    if (!job.commits[i]) continue;
    job.commits[i]();
    KeepWatching(raw, std::move((*job.compiled[i])->watched), std::move(job.watches[i]));
    book_.Accepted(target_.set, {.content = raw.content,
                                 .last_updated = loop_.WallNow(),
                                 .remarks = RemarksOn((*job.compiled[i])->ignored),
                                 .accepted = true});
  }
  for (const std::string& name : job.update.removed) {
    from_files_.erase(name);
    target_.remove(KeyOf(name));
    book_.Removed(target_.set, name);
  }
  if (target_.committed) target_.committed();
}

void TypeSink::OnResponseRejected(std::string_view version, std::string_view error) {
  WEIR_LOG(kConfig, kWarn, "rejected a response of ", type_url(), " ", version, ": ", error);
}

void TypeSink::OnFetchTimeout(std::string_view name) {
  WEIR_LOG(kConfig, kWarn, "no answer in time for ", type_url(), " \"", name, "\"");
  if (name != xds::kWildcard) target_.timed_out(KeyOf(name));
  if (target_.subscriptions != nullptr) target_.subscriptions->TimedOut(KeyOf(name));
  Answered();
}

void TypeSink::OnReleased(std::string_view name) {
  if (name == xds::kWildcard) return;
  from_files_.erase(std::string(name));
  target_.released(KeyOf(name));
  book_.Removed(target_.set, name);
}

void TypeSink::ReleaseAll() {
  from_files_.clear();
  for (const std::string& name : book_.Drop(target_.set)) target_.released(KeyOf(name));
}

void TypeSink::Answered() {
  if (std::exchange(answered_, true)) return;
  if (target_.first_answer) target_.first_answer();
}

}  // namespace weir::server
