#include "source/server/secret_director.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/config/cluster.h"

namespace weir::server {
namespace {

bool IsStatic(const config::SecretReference& reference) {
  return reference.source.kind == config::ConfigSource::Kind::kNone;
}

}  // namespace

void SecretDirector::SetStatic(std::shared_ptr<const config::Secret> secret) {
  std::string name = secret->name;
  statics_[name] = std::move(secret);
}

std::vector<absl::Status> SecretDirector::CheckNew(const std::vector<Arrival>& secrets) const {
  std::vector<absl::Status> statuses;
  ByKey good;
  CheckPart(secrets, good, statuses);
  return statuses;
}

// All at once, as most updates are good; the halves where they are not, down to those to blame.
void SecretDirector::CheckPart(std::span<const Arrival> secrets, ByKey& good,
                               std::vector<absl::Status>& statuses) const {
  if (secrets.empty()) return;
  ByKey with_them = good;
  for (const auto& [key, secret] : secrets) with_them[key] = secret;
  const absl::Status status = TryWith(with_them);
  if (status.ok() || secrets.size() == 1) {
    if (status.ok()) good = std::move(with_them);
    statuses.insert(statuses.end(), secrets.size(), status);
    return;
  }
  const size_t half = secrets.size() / 2;
  CheckPart(secrets.first(half), good, statuses);
  CheckPart(secrets.subspan(half), good, statuses);
}

absl::Status SecretDirector::TryWith(const ByKey& secrets) const {
  const config::SecretLookup with_them = [&](const config::SecretReference& reference) {
    const auto found = IsStatic(reference) ? secrets.end() : secrets.find(reference.key());
    return found != secrets.end() ? found->second : Find(reference);
  };
  HashSet keys;
  for (const auto& [key, secret] : secrets) keys.insert(key);
  for (SecretUser* user : users_) WEIR_RETURN_IF_ERROR(user->Renew(keys, with_them).status());
  return absl::OkStatus();
}

void SecretDirector::Set(const std::string& key, std::shared_ptr<const config::Secret> secret) {
  std::shared_ptr<const config::Secret>& known = supplies_[key].secret;
  if (known != nullptr && *known == *secret) return;
  known = std::move(secret);
  set_.insert(key);
}

void SecretDirector::TimedOut(const std::string& key) {
  if (supplies_[key].secret != nullptr) return;
  supplies_[key].timed_out = true;
  set_.insert(key);
  RenewUsers();
}

void SecretDirector::Forget(const std::string& key) { supplies_.erase(key); }

void SecretDirector::RenewUsers() {
  const HashSet keys = std::exchange(set_, {});
  if (keys.empty()) return;
  for (SecretUser* user : users_) {
    const auto renewal = user->Renew(keys, lookup());
    if (renewal.ok()) {
      (*renewal)();
    } else {
      WEIR_LOG(kConfig, kError, keys.size(), " new secrets, among them \"",
               config::NameOfKey(*keys.begin()), "\": ", MessageOf(renewal.status()));
    }
  }
}

void SecretDirector::Subscribe(const std::vector<config::SecretReference>& references) {
  for (const config::SecretReference& reference : references) {
    if (IsStatic(reference)) continue;
    subscriber_.Subscribe(reference.name, reference.source, config::StatName(reference.name));
  }
}

void SecretDirector::Unsubscribe(const std::vector<config::SecretReference>& references) {
  for (const config::SecretReference& reference : references) {
    if (IsStatic(reference)) continue;
    subscriber_.Unsubscribe(reference.name, reference.source, config::StatName(reference.name));
  }
}

absl::Status SecretDirector::Check(const std::vector<config::SecretReference>& references) const {
  for (const config::SecretReference& reference : references) {
    if (!IsStatic(reference) || statics_.contains(reference.name)) continue;
    return InvalidArgument(StrCat("there is no static secret \"", reference.name,
                                  "\": name one of static_resources.secrets, or say by sds_config "
                                  "where it comes from"));
  }
  return absl::OkStatus();
}

bool SecretDirector::Settled(const std::vector<config::SecretReference>& references) const {
  return std::all_of(references.begin(), references.end(),
                     [this](const auto& reference) { return IsSettled(reference); });
}

bool SecretDirector::IsSettled(const config::SecretReference& reference) const {
  if (IsStatic(reference)) return true;
  const auto supply = supplies_.find(reference.key());
  return supply != supplies_.end() &&
         (supply->second.secret != nullptr || supply->second.timed_out);
}

void SecretDirector::AddMissing(const std::vector<config::SecretReference>& references,
                                std::vector<std::string>& names) const {
  for (const config::SecretReference& reference : references) {
    if (!IsSettled(reference)) names.push_back(StrCat("secret ", reference.name));
  }
}

const config::Secret* SecretDirector::Find(const config::SecretReference& reference) const {
  if (IsStatic(reference)) {
    const auto found = statics_.find(reference.name);
    return found == statics_.end() ? nullptr : found->second.get();
  }
  const auto supply = supplies_.find(reference.key());
  return supply == supplies_.end() ? nullptr : supply->second.secret.get();
}

config::SecretLookup SecretDirector::lookup() const {
  return [this](const config::SecretReference& reference) { return Find(reference); };
}

}  // namespace weir::server
