#include "source/router/condition_table.h"

#include "source/match/cookie_matcher.h"
#include "source/match/header_matcher.h"
#include "source/match/query_matcher.h"
#include "source/stream_info/findings.h"

namespace weir::router {
namespace {

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

// Whether metadata without the value cannot match.
bool MustBeThere(const match::MetadataMatcher& matcher) {
  return !matcher.invert && !matcher.value.Matches(nullptr);
}

// Looking it up among the fields of the map would not find it.
bool IsInHead(std::string_view name) {
  return name.starts_with(':') || name == "host" || name == "content-length";
}

}  // namespace

// The conditions found so far.
class ConditionTable::Met {
 public:
  explicit Met(std::span<Condition> room) : room_(room) {}

  // It is there, and is no text.
  void Add(const Name& name) {
    if (name.any.has_value()) Add(*name.any);
  }
  void Add(const Name& name, std::string_view value) {
    Add(name);
    if (name.exact.empty()) return;
    if (const auto found = name.exact.find(value); found != name.exact.end()) Add(found->second);
  }
  std::optional<size_t> count() const {
    return count_ > room_.size() ? std::nullopt : std::optional(count_);
  }

 private:
  void Add(Condition condition) {
    if (count_ < room_.size()) room_[count_] = condition;
    ++count_;
  }

  std::span<Condition> room_;
  size_t count_ = 0;  // Also of those without room.
};

ConditionTable::Name& ConditionTable::Names::Get(const std::string& name) {
  const auto [found, added] = by_name.try_emplace(name, static_cast<uint32_t>(all.size()));
  if (added) all.push_back({.name = name});
  return all[found->second];
}

const ConditionTable::Name* ConditionTable::Names::Find(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : &all[found->second];
}

std::optional<Condition> ConditionTable::Add(const config::RouteMatch& match) {
  std::optional<Condition> found = AddHeader(match);
  if (!found.has_value()) found = AddParameter(match);
  if (!found.has_value()) found = AddCookie(match);
  if (!found.has_value()) found = AddMetadata(match);
  return found.has_value() ? found : AddFilterState(match);
}

Condition ConditionTable::AddAny(Name& name) {
  if (!name.any.has_value()) name.any = size_++;
  return *name.any;
}

Condition ConditionTable::AddExact(Name& name, const std::string& value) {
  const auto [found, added] = name.exact.try_emplace(value, size_);
  if (added) ++size_;
  return found->second;
}

Condition ConditionTable::AddValue(Name& name, const match::StringMatcher& value) {
  const std::string* const exact = value.exact_value();
  return exact == nullptr ? AddAny(name) : AddExact(name, *exact);
}

std::optional<Condition> ConditionTable::AddHeader(const config::RouteMatch& match) {
  for (const match::HeaderMatcher& header : match.headers) {
    const std::string* const value = ExactValue(header);
    if (value != nullptr) return AddExact(headers_.Get(header.name), *value);
  }
  for (const match::HeaderMatcher& header : match.headers) {
    if (MustBeThere(header)) return AddAny(headers_.Get(header.name));
  }
  return std::nullopt;
}

std::optional<Condition> ConditionTable::AddParameter(const config::RouteMatch& match) {
  for (const match::QueryMatcher& parameter : match.query) {
    if (!MustBeThere(parameter)) continue;
    Name& name = parameters_.Get(parameter.name);
    return parameter.value.has_value() ? AddValue(name, *parameter.value) : AddAny(name);
  }
  return std::nullopt;
}

std::optional<Condition> ConditionTable::AddCookie(const config::RouteMatch& match) {
  for (const match::CookieMatcher& cookie : match.cookies) {
    if (!cookie.invert) return AddValue(cookies_.Get(cookie.name), cookie.value);
  }
  return std::nullopt;
}

std::optional<Condition> ConditionTable::AddMetadata(const config::RouteMatch& match) {
  for (const match::MetadataMatcher& metadata : match.metadata) {
    if (!MustBeThere(metadata)) continue;
    Name& name = metadata_.Get(Join(metadata.path, std::string_view("\0", 1)));
    if (metadata_paths_.size() < metadata_.all.size()) metadata_paths_.push_back(metadata.path);
    const auto* const text = std::get_if<match::StringMatcher>(&metadata.value.what);
    return text == nullptr ? AddAny(name) : AddValue(name, *text);
  }
  return std::nullopt;
}

std::optional<Condition> ConditionTable::AddFilterState(const config::RouteMatch& match) {
  if (match.filter_state.empty()) return std::nullopt;
  const match::FilterStateMatcher& state = match.filter_state.front();
  Name& name = filter_state_.Get(state.key);
  const auto* const text = std::get_if<match::StringMatcher>(&state.test);
  return text == nullptr ? AddAny(name) : AddValue(name, *text);
}

std::optional<size_t> ConditionTable::Find(const match::MatchFacts& facts,
                                           std::span<Condition> room) const {
  Met met(room);
  FindHeaders(*facts.head, met);
  FindParameters(facts.head->path, met);
  FindCookies(*facts.head, met);
  if (facts.connection != nullptr) FindFindings(facts, met);
  return met.count();
}

void ConditionTable::FindHeaders(const http::RequestHead& head, Met& met) const {
  const bool few = headers_.all.size() <= kFewNames;
  for (const Name& name : headers_.all) {
    if (!few && !IsInHead(name.name)) continue;
    const auto value = match::HeaderValue(head, name.name);
    if (value.has_value()) met.Add(name, *value);
  }
  if (few) return;
  for (const http::HeaderField& field : head.headers) {
    const Name* const name = headers_.Find(field.name);
    // Of a repeated field all values count, joined.
    if (name != nullptr) met.Add(*name, *match::HeaderValue(head, field.name));
  }
}

void ConditionTable::FindParameters(std::string_view path, Met& met) const {
  if (parameters_.all.size() <= kFewNames) {
    for (const Name& name : parameters_.all) {
      const auto value = match::QueryParameter(path, name.name);
      if (value.has_value()) met.Add(name, *value);
    }
    return;
  }
  match::ForEachQueryParameter(path, [&](std::string_view key, std::string_view value) {
    if (const Name* const name = parameters_.Find(key); name != nullptr) met.Add(*name, value);
    return true;
  });
}

void ConditionTable::FindCookies(const http::RequestHead& head, Met& met) const {
  if (cookies_.all.empty()) return;
  match::ForEachCookie(head, [&](std::string_view name, std::string_view value) {
    // Of a repeated cookie one value counts; the others only bring routes that do not match.
    if (const Name* const found = cookies_.Find(name); found != nullptr) met.Add(*found, value);
    return true;
  });
}

void ConditionTable::FindFindings(const match::MatchFacts& facts, Met& met) const {
  for (size_t i = 0; i < metadata_.all.size(); ++i) {
    const Value* const value =
        stream_info::FindMetadata(*facts.connection, facts.stream, metadata_paths_[i]);
    if (value == nullptr) continue;
    const bool is_text = value->kind() == Value::Kind::kString;
    is_text ? met.Add(metadata_.all[i], value->string()) : met.Add(metadata_.all[i]);
  }
  for (const Name& name : filter_state_.all) {
    const auto* const object = stream_info::FindObject(*facts.connection, facts.stream, name.name);
    if (object == nullptr) continue;
    const std::optional<std::string> text = stream_info::TextOf(*object);
    text.has_value() ? met.Add(name, *text) : met.Add(name);
  }
}

}  // namespace weir::router
