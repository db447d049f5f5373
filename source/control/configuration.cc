#include "source/control/configuration.h"

#include <algorithm>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/base/strings.h"
#include "source/control/validation/diagnostic_proto.h"
#include "source/schema/resource_type.h"

namespace weir::control {
namespace {

using engine::ResourcePtr;
using engine::Snapshot;
using engine::SnapshotPtr;
using schema::Diagnostic;
using schema::Diagnostics;

Diagnostic ErrorAbout(const engine::Resource& resource, std::string message) {
  Diagnostic one;
  one.file = resource.source.file;
  one.line = resource.source.line;
  one.column = resource.source.column;
  one.type_url = resource.type_url;
  one.resource = resource.name;
  one.message = std::move(message);
  return one;
}

// What differs between two snapshots.
std::vector<v1::ResourceChange> Differences(const Snapshot& before, const Snapshot& after) {
  std::vector<v1::ResourceChange> changes;
  const auto add = [&](const engine::Resource& resource, v1::ResourceChange::Kind kind) {
    v1::ResourceChange& change = changes.emplace_back();
    change.set_kind(kind);
    change.set_type_url(resource.type_url);
    change.set_name(resource.name);
  };
  for (const auto& view : after.types()) {
    for (const ResourcePtr& resource : view->resources()) {
      const ResourcePtr old = before.FindResource(resource->type_url, resource->name);
      if (old == nullptr) {
        add(*resource, v1::ResourceChange::ADDED);
      } else if (old->hash != resource->hash) {
        add(*resource, v1::ResourceChange::CHANGED);
      }
    }
  }
  for (const auto& view : before.types()) {
    for (const ResourcePtr& resource : view->resources()) {
      if (after.FindResource(resource->type_url, resource->name) == nullptr) {
        add(*resource, v1::ResourceChange::REMOVED);
      }
    }
  }
  return changes;
}

std::string DigestOf(const Snapshot& snapshot) {
  engine::ContentHasher hasher;
  for (const auto& view : snapshot.types()) {
    hasher.AddDelimited(view->type_url());
    hasher.Add(view->version());
  }
  return hasher.Finish().Hex();
}

std::string LabelOf(const store::Revision& revision) {
  return StrCat("r", revision.number, "-", std::string_view(revision.digest).substr(0, 8));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Configuration>> Configuration::Create(Options options) {
  std::unique_ptr<Configuration> configuration(new Configuration(std::move(options)));
  if (configuration->options_.remember) WEIR_RETURN_IF_ERROR(configuration->Remember());
  WEIR_RETURN_IF_ERROR(configuration->Load());
  return configuration;
}

absl::Status Configuration::Load() {
  MutexLock lock(mutex_);
  WEIR_ASSIGN_OR_RETURN(revision_, options_.store->Newest());
  WEIR_ASSIGN_OR_RETURN(std::vector<store::StoredResource> stored, options_.store->Load());
  std::vector<ResourcePtr> resources;
  for (store::StoredResource& one : stored) {
    if (one.in_directory) {
      kept_clusters_[one.name] =
          validation::Restore(one.type_url, one.name, one.bytes, one.source)->hash;
      continue;
    }
    Entry& entry = pushed_[{one.type_url, one.name}];
    entry.resource = validation::Restore(one.type_url, one.name, one.bytes, one.source);
    entry.text = std::move(one.text);
    entry.revision = one.revision;
    entry.changed_at = one.changed_at;
    resources.push_back(entry.resource);
  }
  WEIR_ASSIGN_OR_RETURN(snapshot_,
                        Snapshot::Build(LabelOf(revision_), std::move(resources), nullptr));
  options_.publish(snapshot_);
  return absl::OkStatus();
}

template <typename Request>
Configuration::Set Configuration::ReadInputs(const Request& request,
                                             Diagnostics& diagnostics) const {
  Set inputs;
  const auto add = [&](ResourcePtr resource, const std::string& text) {
    Entry& entry = inputs[{resource->type_url, resource->name}];
    if (entry.resource != nullptr) {
      diagnostics.Add(ErrorAbout(
          *resource,
          StrCat(schema::ShortTypeName(resource->type_url), " \"", resource->name,
                 "\" is defined twice; the other one is at ", entry.resource->source.ToText())));
    }
    entry.resource = std::move(resource);
    entry.text = text;
  };
  for (const v1::File& file : request.files()) {
    for (ResourcePtr& resource :
         validation::ReadFile(file.path(), file.text(), options_.validator, diagnostics)) {
      add(std::move(resource), file.text());
    }
  }
  for (int i = 0; i < request.resources_size(); ++i) {
    ResourcePtr resource = validation::ReadMessage(
        request.resources(i), StrCat("resources[", i, "]"), options_.validator, diagnostics);
    if (resource != nullptr) add(std::move(resource), "");
  }
  return inputs;
}

// The set that the change would give; nothing, with errors, when it cannot be.
std::optional<SnapshotPtr> Configuration::Combine(const Change& change,
                                                  Diagnostics& diagnostics) const {
  std::vector<ResourcePtr> resources;
  bool good = true;
  for (const auto& [key, entry] : change.directory) resources.push_back(entry.resource);
  for (const auto& [key, entry] : change.pushed) {
    const auto other = change.directory.find(key);
    if (other == change.directory.end()) {
      resources.push_back(entry.resource);
      continue;
    }
    good = false;
    diagnostics.Add(ErrorAbout(
        *entry.resource, StrCat(schema::ShortTypeName(key.first), " \"", key.second,
                                "\" was pushed and is in the directory, at ",
                                other->second.resource->source.ToText(), "; delete one of them")));
  }
  if (!good) return std::nullopt;
  absl::StatusOr<SnapshotPtr> built = Snapshot::Build("", std::move(resources), snapshot_.get());
  if (!built.ok()) {
    diagnostics.Error("", std::string(MessageOf(built.status())));
    return std::nullopt;
  }
  for (const validation::Given& one : options_.given) {
    const ResourcePtr taken = (*built)->FindResource(one.type_url, one.name);
    if (taken == nullptr) continue;
    diagnostics.Add(
        ErrorAbout(*taken, StrCat("the certificate authority gives each node its own \"", one.name,
                                  "\"; another name is needed")));
  }
  validation::CheckSet(**built, options_.given, diagnostics);
  return *std::move(built);
}

Configuration::Outcome Configuration::Apply(Change change, Diagnostics diagnostics) {
  Outcome outcome;
  outcome.revision = revision_.number;
  if (change.expected_revision != 0 && change.expected_revision != revision_.number) {
    diagnostics.Error("", StrCat("revision ", revision_.number, " is in force, not ",
                                 change.expected_revision, " as expected"));
  }
  const std::optional<SnapshotPtr> snapshot = Combine(change, diagnostics);
  outcome.diagnostics = std::move(diagnostics);
  if (!snapshot) return outcome;
  outcome.changes = Differences(*snapshot_, **snapshot);
  if (outcome.diagnostics.has_errors() || change.dry_run) return outcome;
  // Nothing new; after a restart the directory as it was is nothing new either.
  if (outcome.changes.empty() || DigestOf(**snapshot) == revision_.digest) {
    outcome.applied = true;
    pushed_ = std::move(change.pushed);
    directory_ = std::move(change.directory);
    snapshot_ = Snapshot::Relabel(**snapshot, LabelOf(revision_));
    if (!outcome.changes.empty()) options_.publish(snapshot_);
    return outcome;
  }
  Keep(change, *snapshot, outcome);
  return outcome;
}

void Configuration::Keep(Change& change, SnapshotPtr snapshot, Outcome& outcome) {
  change.about.number = revision_.number + 1;
  change.about.time = options_.now();
  change.about.digest = DigestOf(*snapshot);
  std::vector<store::StoredResource> put;
  std::vector<store::ResourceName> remove;
  for (const v1::ResourceChange& one : outcome.changes) {
    const Key key = {one.type_url(), one.name()};
    for (Set* set : {&change.pushed, &change.directory}) {
      const auto entry = set->find(key);
      if (entry == set->end()) continue;
      entry->second.revision = change.about.number;
      entry->second.changed_at = change.about.time;
    }
    const auto entry = change.pushed.find(key);
    if (entry != change.pushed.end()) {
      const engine::Resource& resource = *entry->second.resource;
      store::StoredResource& stored = put.emplace_back();
      stored.type_url = resource.type_url;
      stored.name = resource.name;
      stored.bytes = engine::MessageBytes(resource);
      stored.source = resource.source;
      stored.text = entry->second.text;
    }
  }
  // Also what moved from the pushes to the directory.
  for (const auto& [key, entry] : pushed_) {
    if (!change.pushed.contains(key)) remove.push_back({key.first, key.second});
  }
  KeepClusters(change.directory, put, remove);
  const absl::StatusOr<uint64_t> kept =
      options_.store->Commit(revision_.number, change.about, put, remove);
  if (!kept.ok()) {
    outcome.diagnostics.Error("", StrCat("not kept: ", MessageOf(kept.status())));
    return;
  }
  revision_ = change.about;
  pushed_ = std::move(change.pushed);
  directory_ = std::move(change.directory);
  kept_clusters_.clear();
  for (const auto& [key, entry] : directory_) {
    if (key.first == engine::kClusterType) kept_clusters_[key.second] = entry.resource->hash;
  }
  snapshot_ = Snapshot::Relabel(*snapshot, LabelOf(revision_));
  outcome.applied = true;
  outcome.revision = revision_.number;
  WEIR_LOG(kControl, kInfo, LabelOf(revision_), ": ", outcome.changes.size(), " changes by ",
           revision_.origin, revision_.author.empty() ? "" : " of ", revision_.author,
           revision_.message.empty() ? "" : ": ", revision_.message);
  options_.publish(snapshot_);
}

v1::PushResponse Configuration::PushLocked(Set inputs, const v1::PushRequest& request,
                                           Diagnostics diagnostics) {
  Change change;
  change.directory = directory_;
  if (!request.replace()) change.pushed = pushed_;
  change.about.origin = "push";
  change.about.author = request.author();
  change.about.message = request.message();
  change.expected_revision = request.expected_revision();
  change.dry_run = request.dry_run();
  uint32_t unchanged = 0;
  for (auto& [key, entry] : inputs) {
    const auto old = pushed_.find(key);
    if (old != pushed_.end()) {
      if (old->second.resource->hash == entry.resource->hash) ++unchanged;
      entry.revision = old->second.revision;
      entry.changed_at = old->second.changed_at;
    }
    change.pushed[key] = std::move(entry);
  }
  Outcome outcome = Apply(std::move(change), std::move(diagnostics));
  v1::PushResponse response;
  response.set_applied(outcome.applied);
  response.set_revision(outcome.revision);
  response.set_unchanged(unchanged);
  for (v1::ResourceChange& one : outcome.changes) *response.add_changes() = std::move(one);
  validation::AddAll(std::move(outcome.diagnostics), *response.mutable_diagnostics());
  return response;
}

v1::PushResponse Configuration::Push(const v1::PushRequest& request) {
  Diagnostics diagnostics;
  Set inputs = ReadInputs(request, diagnostics);
  MutexLock lock(mutex_);
  return PushLocked(std::move(inputs), request, std::move(diagnostics));
}

v1::ValidateResponse Configuration::Validate(const v1::ValidateRequest& request) {
  v1::PushRequest push;
  push.set_dry_run(true);
  push.set_replace(request.replace());
  Diagnostics diagnostics;
  Set inputs = ReadInputs(request, diagnostics);
  const bool valid_inputs = !diagnostics.has_errors();
  MutexLock lock(mutex_);
  v1::PushResponse pushed = PushLocked(std::move(inputs), push, std::move(diagnostics));
  v1::ValidateResponse response;
  response.set_valid(valid_inputs &&
                     std::none_of(pushed.diagnostics().begin(), pushed.diagnostics().end(),
                                  [](const v1::Diagnostic& one) {
                                    return one.severity() == v1::Diagnostic::ERROR;
                                  }));
  *response.mutable_diagnostics() = std::move(*pushed.mutable_diagnostics());
  *response.mutable_changes() = std::move(*pushed.mutable_changes());
  response.set_unchanged(pushed.unchanged());
  return response;
}

v1::DeleteResponse Configuration::Delete(const v1::DeleteRequest& request) {
  MutexLock lock(mutex_);
  Change change;
  change.pushed = pushed_;
  change.directory = directory_;
  change.about.origin = "delete";
  change.about.author = request.author();
  change.about.message = request.message();
  change.expected_revision = request.expected_revision();
  change.dry_run = request.dry_run();
  Diagnostics diagnostics;
  for (const v1::ResourceKey& resource : request.resources()) {
    const std::optional<std::string> type_url = schema::TypeUrlFromText(resource.type());
    if (!type_url) {
      diagnostics.Error("", StrCat("\"", resource.type(), "\" is no type of resource"));
    } else if (change.pushed.erase({*type_url, resource.name()}) == 0) {
      const bool in_directory = directory_.contains({*type_url, resource.name()});
      diagnostics.Error(
          "", StrCat("there is no ", schema::ShortTypeName(*type_url), " \"", resource.name(), "\"",
                     in_directory ? " that was pushed; its file in the directory is to be changed"
                                  : ""));
    }
  }
  Outcome outcome = Apply(std::move(change), std::move(diagnostics));
  v1::DeleteResponse response;
  response.set_applied(outcome.applied);
  response.set_revision(outcome.revision);
  for (v1::ResourceChange& one : outcome.changes) *response.add_changes() = std::move(one);
  validation::AddAll(std::move(outcome.diagnostics), *response.mutable_diagnostics());
  return response;
}

Diagnostics Configuration::SetDirectory(const absl::StatusOr<std::vector<store::TextFile>>& files) {
  Diagnostics diagnostics;
  v1::ValidateRequest request;
  if (files.ok()) {
    for (const store::TextFile& file : *files) {
      v1::File& one = *request.add_files();
      one.set_path(file.path);
      one.set_text(file.text);
    }
  } else {
    diagnostics.Error("", std::string(MessageOf(files.status())));
  }
  Set inputs = ReadInputs(request, diagnostics);
  MutexLock lock(mutex_);
  if (!diagnostics.has_errors()) {
    Change change;
    change.pushed = pushed_;
    for (auto& [key, entry] : inputs) {
      const auto old = directory_.find(key);
      if (old != directory_.end()) {
        entry.revision = old->second.revision;
        entry.changed_at = old->second.changed_at;
      }
    }
    change.directory = std::move(inputs);
    change.about.origin = "directory";
    diagnostics = Apply(std::move(change), std::move(diagnostics)).diagnostics;
  }
  diagnostics.Sort();
  directory_diagnostics_ = diagnostics;
  return diagnostics;
}

SnapshotPtr Configuration::snapshot() const {
  MutexLock lock(mutex_);
  return snapshot_;
}

}  // namespace weir::control
