#include "source/router/route_index.h"

#include <algorithm>
#include <array>

#include "source/base/status.h"
#include "source/router/cluster_choice.h"
#include "source/router/host_index.h"
#include "source/router/path_index.h"
#include "source/router/route_list.h"

namespace weir::router {
namespace {

std::string_view WithoutQuery(std::string_view path) {
  const auto is_end = [](char c) { return c == '?' || c == '#'; };
  return {path.begin(), std::find_if(path.begin(), path.end(), is_end)};
}

// Without ":port"; an IPv6 address keeps its brackets.
std::string_view WithoutPort(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return authority;
  if (authority.find(']', colon) != std::string_view::npos) return authority;
  return authority.substr(0, colon);
}

bool IsGrpc(const http::RequestHead& head) {
  const auto type = head.headers.Get(http::HeaderId::kContentType);
  constexpr std::string_view kGrpc = "application/grpc";
  return type.has_value() && type->starts_with(kGrpc) &&
         (type->size() == kGrpc.size() || (*type)[kGrpc.size()] == '+');
}

// The path criterion alone, the slow and plain way. `path` is without its query.
bool PathMatches(const config::RouteMatch& match, std::string_view path) {
  if (path.empty() || std::holds_alternative<config::ConnectRequests>(match.path)) {
    return path.empty() && std::holds_alternative<config::ConnectRequests>(match.path);
  }
  const auto equals = [&](std::string_view a, std::string_view b) {
    return match.case_sensitive ? a == b : EqualsIgnoreCase(a, b);
  };
  if (const auto* prefix = std::get_if<config::PathPrefix>(&match.path)) {
    return equals(path.substr(0, prefix->value.size()), prefix->value);
  }
  if (const auto* exact = std::get_if<config::PathExact>(&match.path)) {
    return equals(path, exact->value);
  }
  if (const auto* prefix = std::get_if<config::PathSeparatedPrefix>(&match.path)) {
    const size_t size = prefix->value.size();
    return equals(path.substr(0, size), prefix->value) &&
           (path.size() == size || path[size] == '/');
  }
  return std::get<config::PathRegex>(match.path).value.FullMatch(path);
}

bool TlsMatches(const config::TlsMatch& match, const stream_info::StreamInfo* stream) {
  const net::TlsFacts* const tls = stream == nullptr ? nullptr : stream->connection.tls.get();
  const bool presented = tls != nullptr && tls->peer != nullptr;
  const bool validated = tls != nullptr && tls->peer_validated;
  return match.presented.value_or(presented) == presented &&
         match.validated.value_or(validated) == validated;
}

match::MatchFacts FactsOf(const MatchInput& input) {
  return match::MatchFacts::OfRequest(input.head, input.stream);
}

bool AllMatch(std::span<const match::HeaderMatcher> headers, const http::RequestHead& head) {
  return std::all_of(headers.begin(), headers.end(),
                     [&](const auto& header) { return header.Matches(head); });
}

// Whether the path is all that it asks for.
bool AsksForPathAlone(const config::RouteMatch& match) {
  return !match.runtime_fraction.has_value() && !match.grpc_only && !match.tls.has_value() &&
         match.headers.empty() && match.query.empty() && match.cookies.empty() &&
         match.metadata.empty() && match.filter_state.empty();
}

// Everything but the path.
bool OthersMatch(const config::RouteMatch& match, const MatchInput& input) {
  if (match.runtime_fraction.has_value() && !match.runtime_fraction->Contains(input.random))
    return false;
  if (match.grpc_only && !IsGrpc(input.head)) return false;
  if (match.tls.has_value() && !TlsMatches(*match.tls, input.stream)) return false;
  if (!AllMatch(match.headers, input.head)) return false;
  for (const match::QueryMatcher& parameter : match.query) {
    if (!parameter.Matches(input.head.path)) return false;
  }
  const auto all = [](const auto& matchers, const auto& of) {
    return std::all_of(matchers.begin(), matchers.end(),
                       [&of](const auto& matcher) { return matcher.Matches(of); });
  };
  return all(match.cookies, input.head) && all(match.metadata, FactsOf(input)) &&
         all(match.filter_state, FactsOf(input));
}

Decision Decide(const config::VirtualHost& host, const config::Route& route,
                const MatchInput& input) {
  using Kind = Decision::Kind;
  Decision decision{.virtual_host = &host, .route = &route};
  if (const auto* action = std::get_if<config::RouteAction>(&route.action)) {
    const auto* const plugin = std::get_if<config::ClusterFromMatch>(&action->cluster);
    if (plugin != nullptr && plugin->names == nullptr) {
      return {.kind = Kind::kNoRoute, .virtual_host = &host};
    }
    decision.kind = Kind::kRoute;
    ChooseCluster(*action, input, decision);
  } else if (std::holds_alternative<config::RedirectAction>(route.action)) {
    decision.kind = Kind::kRedirect;
  } else if (std::holds_alternative<config::DirectResponse>(route.action)) {
    decision.kind = Kind::kDirectResponse;
  } else {
    decision.kind = Kind::kNonForwarding;
  }
  return decision;
}

// What the virtual host is found by.
std::string_view HostFor(const config::RouteTable& table, const http::RequestHead& head) {
  const std::string_view host = table.vhost_header.empty()
                                    ? head.authority
                                    : match::HeaderValue(head, table.vhost_header).value_or("");
  return table.ignore_port_in_host_matching ? WithoutPort(host) : host;
}

// What routes are found by.
std::string_view PathFor(const config::RouteTable& table, const http::RequestHead& head) {
  const std::string_view path = WithoutQuery(head.path);
  return table.ignore_path_parameters ? path.substr(0, path.find(';')) : path;
}

bool HasFilterOverrides(const config::RouteTable& table) {
  const auto of_route = [](const config::Route& route) {
    if (!route.filters.empty()) return true;
    const auto* const action = std::get_if<config::RouteAction>(&route.action);
    if (action == nullptr) return false;
    const auto* const weighted = std::get_if<config::WeightedClusters>(&action->cluster);
    return weighted != nullptr &&
           std::any_of(weighted->clusters.begin(), weighted->clusters.end(),
                       [](const auto& cluster) { return !cluster.filters.empty(); });
  };
  const auto of_host = [&](const config::VirtualHost& host) {
    return !host.filters.empty() || std::any_of(host.routes.begin(), host.routes.end(), of_route);
  };
  return !table.filters.empty() ||
         std::any_of(table.virtual_hosts.begin(), table.virtual_hosts.end(), of_host);
}

// Adds what one level says where no more specific one has spoken.
void AddSetting(const config::FilterOverrides& level, std::string_view filter,
                FilterSetting& setting) {
  for (const config::FilterOverride& entry : level) {
    if (entry.filter != filter) continue;
    if (!setting.disabled.has_value()) setting.disabled = entry.disabled;
    if (setting.config == nullptr) setting.config = entry.config.get();
  }
}

// A text in lower case: itself where it is, else a copy.
class Lower {
 public:
  explicit Lower(std::string_view text, buffer::Arena& arena) : view_(text) {
    if (!HasUpper(text)) return;
    char* const copy = text.size() <= inline_.size() ? inline_.data() : arena.Allocate(text.size());
    std::transform(text.begin(), text.end(), copy, AsciiToLower);
    view_ = {copy, text.size()};
  }
  Lower(const Lower&) = delete;
  Lower& operator=(const Lower&) = delete;
  std::string_view view() const { return view_; }

 private:
  std::string_view view_;
  std::array<char, 256> inline_;
};

// What routes that count together are found by.
struct Paths {
  ConditionTable conditions;
  PathIndex cased;
  PathIndex folded;  // Of routes for which case does not matter, in lower case.
  RouteList connects;

  // `path` without its query; empty: the request is a CONNECT.
  void Find(std::string_view path, const match::MatchFacts& facts, Candidates& candidates) const {
    MetConditions met(conditions, facts);
    if (path.empty()) return connects.Find({path, met}, candidates);
    cased.Find({path, met}, candidates);
    if (folded.empty()) return;
    const Lower lower(path, facts.head->headers.arena());
    folded.Find({lower.view(), met}, candidates);
  }
};

// The list of the routes that share the path criterion of `match`.
RouteList& ListFor(Paths& paths, const config::RouteMatch& match) {
  if (std::holds_alternative<config::ConnectRequests>(match.path)) return paths.connects;
  PathIndex& index = match.case_sensitive ? paths.cased : paths.folded;
  const auto cased = [&](const std::string& text) {
    return match.case_sensitive ? text : AsciiLower(text);
  };
  if (const auto* prefix = std::get_if<config::PathPrefix>(&match.path)) {
    return index.OfPrefix(cased(prefix->value));
  }
  if (const auto* exact = std::get_if<config::PathExact>(&match.path)) {
    return index.OfExact(cased(exact->value));
  }
  if (const auto* separated = std::get_if<config::PathSeparatedPrefix>(&match.path)) {
    return index.OfSeparatedPrefix(cased(separated->value));
  }
  // Case is a matter of the pattern. Whatever it matches begins so; an empty text is every path's
  // beginning.
  return paths.cased.OfPrefix(std::get<config::PathRegex>(match.path).value.RequiredPrefix());
}

absl::Status CheckWeights(const config::VirtualHost& host) {
  for (const config::Route& route : host.routes) {
    const auto* const action = std::get_if<config::RouteAction>(&route.action);
    if (action == nullptr) continue;
    const auto* const weighted = std::get_if<config::WeightedClusters>(&action->cluster);
    if (weighted == nullptr) continue;
    uint64_t sum = 0;
    for (const config::WeightedCluster& cluster : weighted->clusters) sum += cluster.weight;
    if (sum == 0 || sum != weighted->total_weight) {
      return InvalidArgument(StrCat("virtual host '", host.name, "', route '", route.name,
                                    "': the weights of its clusters add up to ", sum, ", expected ",
                                    weighted->total_weight == 0 ? 1 : weighted->total_weight));
    }
  }
  return absl::OkStatus();
}

}  // namespace

// Routes that a request is held against: all of a virtual host, or those that one action of its
// matcher names.
struct RouteIndex::RouteSet {
  config::RouteRange range;
  Paths paths;
  std::vector<bool> by_path_alone;  // Of each in the range.
};

struct RouteIndex::Index {
  HostIndex hosts;
  std::vector<RouteSet> sets;
  std::vector<uint32_t> first_sets;  // Of each virtual host: its sets are those of its actions.

  void AddSet(const config::VirtualHost& host, const config::RouteRange& range);
};

void RouteIndex::Index::AddSet(const config::VirtualHost& host, const config::RouteRange& range) {
  RouteSet& set = sets.emplace_back(RouteSet{.range = range, .paths = {}, .by_path_alone = {}});
  for (uint32_t i = 0; i < range.count; ++i) {
    const uint32_t number = range.first + i;
    const config::RouteMatch& match = host.routes[number].match;
    ListFor(set.paths, match).Add(number, match, set.paths.conditions);
    set.by_path_alone.push_back(AsksForPathAlone(match));
  }
  set.paths.cased.Build();
  set.paths.folded.Build();
  set.paths.connects.Build();
}

RouteIndex::RouteIndex(std::shared_ptr<const config::RouteTable> table,
                       std::unique_ptr<const Index> index)
    : table_(std::move(table)),
      has_filter_overrides_(HasFilterOverrides(*table_)),
      index_(std::move(index)) {}
RouteIndex::~RouteIndex() = default;

absl::StatusOr<std::shared_ptr<const RouteIndex>> RouteIndex::Create(
    std::shared_ptr<const config::RouteTable> table) {
  auto index = std::make_unique<Index>();
  size_t sets = 0;
  for (const config::VirtualHost& host : table->virtual_hosts) {
    sets += host.matcher.has_value() ? host.matcher->actions.size() : 1;
  }
  index->sets.reserve(sets);
  index->first_sets.reserve(table->virtual_hosts.size());
  for (uint32_t i = 0; i < table->virtual_hosts.size(); ++i) {
    const config::VirtualHost& host = table->virtual_hosts[i];
    for (const std::string& domain : host.domains) {
      if (!index->hosts.Add(AsciiLower(domain), i)) {
        return InvalidArgument(StrCat("virtual host '", host.name, "': domain '", domain,
                                      "' is already taken in route configuration '", table->name,
                                      "'"));
      }
    }
    WEIR_RETURN_IF_ERROR(CheckWeights(host));
    index->first_sets.push_back(static_cast<uint32_t>(index->sets.size()));
    if (host.matcher.has_value()) {
      for (const config::RouteRange& range : host.matcher->actions) index->AddSet(host, range);
    } else {
      index->AddSet(host, {.first = 0, .count = static_cast<uint32_t>(host.routes.size())});
    }
  }
  return std::shared_ptr<const RouteIndex>(new RouteIndex(std::move(table), std::move(index)));
}

Decision RouteIndex::Match(const MatchInput& input) const {
  const http::RequestHead& head = input.head;
  const Lower host(HostFor(*table_, head), head.headers.arena());
  const std::optional<uint32_t> found = index_->hosts.Find(host.view());
  if (!found.has_value()) return {.kind = Decision::Kind::kNoVirtualHost};
  const config::VirtualHost& virtual_host = table_->virtual_hosts[*found];
  if (!input.downstream_secure && virtual_host.require_tls != config::RequireTls::kNone &&
      (virtual_host.require_tls == config::RequireTls::kAll || !input.internal_request)) {
    return {.kind = Decision::Kind::kRedirect, .virtual_host = &virtual_host};
  }

  const RouteSet* const set = SetFor(*found, input);
  const config::Route* const route =
      set == nullptr ? nullptr : FirstMatch(virtual_host, *set, input);
  if (route == nullptr) return {.kind = Decision::Kind::kNoRoute, .virtual_host = &virtual_host};
  return Decide(virtual_host, *route, input);
}

const RouteIndex::RouteSet* RouteIndex::SetFor(uint32_t host, const MatchInput& input) const {
  const auto& matcher = table_->virtual_hosts[host].matcher;
  const uint32_t first = index_->first_sets[host];
  if (!matcher.has_value()) return &index_->sets[first];
  const std::optional<match::ActionNumber> action = matcher->tree->Find(FactsOf(input));
  return action.has_value() ? &index_->sets[first + *action] : nullptr;
}

const config::Route* RouteIndex::FirstMatch(const config::VirtualHost& host, const RouteSet& set,
                                            const MatchInput& input) const {
  const std::string_view path = PathFor(*table_, input.head);
  // Cheap for what the index found, and it is what decides the routes that are always tried.
  const auto matches = [&](uint32_t number) {
    const config::RouteMatch& match = host.routes[number].match;
    return PathMatches(match, path) &&
           (set.by_path_alone[number - set.range.first] || OthersMatch(match, input));
  };
  const auto try_in_turn = [&]() -> const config::Route* {
    for (uint32_t i = 0; i < set.range.count; ++i) {
      if (matches(set.range.first + i)) return &host.routes[set.range.first + i];
    }
    return nullptr;
  };
  // Most services of a mesh have one: a try costs less than the search for it.
  if (set.range.count == 1) return try_in_turn();
  Candidates candidates;
  set.paths.Find(path, FactsOf(input), candidates);
  if (candidates.overflowed()) return try_in_turn();
  for (uint32_t number = candidates.Next(); number != Candidates::kNone;
       number = candidates.Next()) {
    if (matches(number)) return &host.routes[number];
  }
  return nullptr;
}

const config::VirtualCluster* FindVirtualCluster(const config::VirtualHost& host,
                                                 const http::RequestHead& head) {
  const auto& clusters = host.virtual_clusters;
  const auto found = std::find_if(clusters.begin(), clusters.end(), [&](const auto& cluster) {
    return AllMatch(cluster.headers, head);
  });
  return found == clusters.end() ? nullptr : &*found;
}

FilterSetting SettingOf(const Decision& decision, const config::RouteTable& table,
                        std::string_view filter) {
  FilterSetting setting;
  if (decision.weighted != nullptr) AddSetting(decision.weighted->filters, filter, setting);
  if (decision.route != nullptr) AddSetting(decision.route->filters, filter, setting);
  if (decision.virtual_host != nullptr) AddSetting(decision.virtual_host->filters, filter, setting);
  AddSetting(table.filters, filter, setting);
  return setting;
}

}  // namespace weir::router
