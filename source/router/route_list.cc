#include "source/router/route_list.h"

#include <algorithm>

#include "source/match/header_matcher.h"
#include "source/match/query_matcher.h"

namespace weir::router {
namespace {

// Fewer are matched one by one: a set costs a search of its own.
constexpr size_t kFewestForASet = 4;
// With fewer names each is looked for in the request; with more the request's names are looked up.
constexpr size_t kFewNames = 4;

// The value that a header must have; null when others do, too.
const std::string* ExactValue(const match::HeaderMatcher& matcher) {
  const auto* const string = std::get_if<match::StringMatcher>(&matcher.value);
  return matcher.invert || string == nullptr || matcher.treat_missing_as_empty
             ? nullptr
             : string->exact_value();
}

// Whether a request without the header cannot match.
bool MustBeThere(const match::HeaderMatcher& matcher) {
  if (matcher.treat_missing_as_empty) return false;
  const auto* const presence = std::get_if<match::PresentMatch>(&matcher.value);
  return presence == nullptr || presence->present != matcher.invert;
}

bool MustBeThere(const match::QueryMatcher& matcher) {
  return matcher.value.has_value() || matcher.present;
}

// Looking it up among the fields of the map would not find it.
bool IsInHead(std::string_view name) {
  return name.starts_with(':') || name == "host" || name == "content-length";
}

}  // namespace

RouteList::Name& RouteList::Names::Get(const std::string& name) {
  const auto [found, added] = by_name.try_emplace(name, static_cast<uint32_t>(all.size()));
  if (added) all.push_back({.name = name});
  return all[found->second];
}

RouteList::Conditions& RouteList::conditions() {
  if (conditions_ == nullptr) conditions_ = std::make_unique<Conditions>();
  return *conditions_;
}

void RouteList::Add(uint32_t route, const config::RouteMatch& match) {
  if (const auto* regex = std::get_if<config::PathRegex>(&match.path)) {
    conditions().regexes.push_back(route);
    conditions().patterns.push_back(&regex->value);
    return;
  }
  if (!AddByHeader(route, match) && !AddByParameter(route, match)) plain_.push_back(route);
}

bool RouteList::AddByHeader(uint32_t route, const config::RouteMatch& match) {
  for (const match::HeaderMatcher& header : match.headers) {
    const std::string* const value = ExactValue(header);
    if (value == nullptr) continue;
    conditions().headers.Get(header.name).exact[*value].push_back(route);
    return true;
  }
  for (const match::HeaderMatcher& header : match.headers) {
    if (!MustBeThere(header)) continue;
    conditions().headers.Get(header.name).any.push_back(route);
    return true;
  }
  return false;
}

bool RouteList::AddByParameter(uint32_t route, const config::RouteMatch& match) {
  for (const match::QueryMatcher& parameter : match.query) {
    if (!MustBeThere(parameter)) continue;
    Name& name = conditions().parameters.Get(parameter.name);
    const std::string* const value =
        parameter.value.has_value() ? parameter.value->exact_value() : nullptr;
    (value == nullptr ? name.any : name.exact[*value]).push_back(route);
    return true;
  }
  return false;
}

void RouteList::Build() {
  if (conditions_ == nullptr) return;
  if (conditions_->patterns.size() >= kFewestForASet) {
    conditions_->set = match::RegexSet::Create(conditions_->patterns);
  }
  conditions_->patterns = {};
}

void RouteList::Find(std::string_view path, const http::RequestHead& head,
                     Candidates& candidates) const {
  candidates.Add(plain_);
  if (conditions_ == nullptr) return;
  const Conditions& conditions = *conditions_;
  if (!conditions.headers.all.empty()) FindByHeader(conditions.headers, head, candidates);
  if (!conditions.parameters.all.empty()) {
    FindByParameter(conditions.parameters, head.path, candidates);
  }
  if (conditions.regexes.empty()) return;
  const std::optional<size_t> matching =
      conditions.set.has_value() ? conditions.set->Match(path, candidates.Room()) : std::nullopt;
  if (!matching.has_value()) {
    candidates.Add(conditions.regexes);
    return;
  }
  for (uint32_t& index : candidates.Room().first(*matching)) index = conditions.regexes[index];
  candidates.AddOwn(*matching);
}

namespace {

// The lists of one name for a value.
void AddFound(const auto& name, std::string_view value, Candidates& candidates) {
  candidates.Add(name.any);
  if (name.exact.empty()) return;
  if (const auto found = name.exact.find(value); found != name.exact.end()) {
    candidates.Add(found->second);
  }
}

}  // namespace

void RouteList::FindByHeader(const Names& names, const http::RequestHead& head,
                             Candidates& candidates) {
  const bool few = names.all.size() <= kFewNames;
  for (const Name& name : names.all) {
    if (!few && !IsInHead(name.name)) continue;
    const auto value = match::HeaderValue(head, name.name);
    if (value.has_value()) AddFound(name, *value, candidates);
  }
  if (few) return;
  for (const http::HeaderField& field : head.headers) {
    const auto found = names.by_name.find(field.name);
    if (found == names.by_name.end()) continue;
    // Of a repeated field all values count, joined; that its lists come twice does no harm.
    AddFound(names.all[found->second], *match::HeaderValue(head, field.name), candidates);
  }
}

void RouteList::FindByParameter(const Names& names, std::string_view path, Candidates& candidates) {
  if (names.all.size() <= kFewNames) {
    for (const Name& name : names.all) {
      const auto value = match::QueryParameter(path, name.name);
      if (value.has_value()) AddFound(name, *value, candidates);
    }
    return;
  }
  match::ForEachQueryParameter(path, [&](std::string_view key, std::string_view value) {
    const auto found = names.by_name.find(key);
    if (found != names.by_name.end()) AddFound(names.all[found->second], value, candidates);
    return true;
  });
}

}  // namespace weir::router
