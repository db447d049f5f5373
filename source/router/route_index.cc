#include "source/router/route_index.h"

#include <algorithm>
#include <array>

#include "source/base/status.h"
#include "source/router/host_index.h"
#include "source/router/path_index.h"

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

// Everything but the path.
bool OthersMatch(const config::RouteMatch& match, const MatchInput& input) {
  if (match.runtime_fraction.has_value() && !match.runtime_fraction->Contains(input.random))
    return false;
  if (match.grpc_only && !IsGrpc(input.head)) return false;
  for (const match::HeaderMatcher& header : match.headers) {
    if (!header.Matches(input.head)) return false;
  }
  for (const match::QueryMatcher& parameter : match.query) {
    if (!parameter.Matches(input.head.path)) return false;
  }
  return true;
}

const config::WeightedCluster* Choose(const config::WeightedClusters& clusters, uint64_t random) {
  uint64_t rest = random % clusters.total_weight;
  for (const config::WeightedCluster& cluster : clusters.clusters) {
    if (rest < cluster.weight) return &cluster;
    rest -= cluster.weight;
  }
  return nullptr;
}

Decision Decide(const config::VirtualHost& host, const config::Route& route, uint64_t random) {
  Decision decision;
  decision.virtual_host = &host;
  decision.route = &route;
  if (std::holds_alternative<config::RedirectAction>(route.action)) {
    decision.kind = Decision::Kind::kRedirect;
  } else if (std::holds_alternative<config::DirectResponse>(route.action)) {
    decision.kind = Decision::Kind::kDirectResponse;
  } else {
    decision.kind = Decision::Kind::kRoute;
    const auto& action = std::get<config::RouteAction>(route.action);
    if (const auto* name = std::get_if<config::ClusterName>(&action.cluster)) {
      decision.cluster = &name->value;
    } else {
      decision.weighted = Choose(std::get<config::WeightedClusters>(action.cluster), random);
      decision.cluster = &decision.weighted->name;
    }
  }
  return decision;
}

void AddToIndex(PathIndex& index, const config::RouteMatch& match, uint32_t number) {
  const auto* const prefix = std::get_if<config::PathPrefix>(&match.path);
  const auto* const exact = std::get_if<config::PathExact>(&match.path);
  const auto* const separated = std::get_if<config::PathSeparatedPrefix>(&match.path);
  if (prefix != nullptr && (match.case_sensitive || prefix->value == "/")) {
    index.AddPrefix(prefix->value, number);
  } else if (exact != nullptr && match.case_sensitive) {
    index.AddExact(exact->value, number);
  } else if (separated != nullptr && match.case_sensitive) {
    index.AddSeparatedPrefix(separated->value, number);
  } else {
    index.AddAlways(number);
  }
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

// A host name in lower case: the name itself where it is, else a copy.
class LowerHost {
 public:
  explicit LowerHost(std::string_view host, buffer::Arena& arena) : view_(host) {
    if (std::none_of(host.begin(), host.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return;
    char* const copy = host.size() <= inline_.size() ? inline_.data() : arena.Allocate(host.size());
    std::transform(host.begin(), host.end(), copy, AsciiToLower);
    view_ = {copy, host.size()};
  }
  LowerHost(const LowerHost&) = delete;
  LowerHost& operator=(const LowerHost&) = delete;
  std::string_view view() const { return view_; }

 private:
  std::string_view view_;
  std::array<char, 256> inline_;
};

}  // namespace

struct RouteIndex::Index {
  HostIndex hosts;
  std::vector<PathIndex> paths;  // One a virtual host.
};

RouteIndex::RouteIndex(std::shared_ptr<const config::RouteTable> table,
                       std::unique_ptr<const Index> index)
    : table_(std::move(table)), index_(std::move(index)) {}
RouteIndex::~RouteIndex() = default;

absl::StatusOr<std::shared_ptr<const RouteIndex>> RouteIndex::Create(
    std::shared_ptr<const config::RouteTable> table) {
  auto index = std::make_unique<Index>();
  index->paths.resize(table->virtual_hosts.size());
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
    for (uint32_t number = 0; number < host.routes.size(); ++number) {
      AddToIndex(index->paths[i], host.routes[number].match, number);
    }
    index->paths[i].Build();
  }
  return std::shared_ptr<const RouteIndex>(new RouteIndex(std::move(table), std::move(index)));
}

Decision RouteIndex::Match(const MatchInput& input) const {
  const http::RequestHead& head = input.head;
  const LowerHost host(
      table_->ignore_port_in_host_matching ? WithoutPort(head.authority) : head.authority,
      head.headers.arena());
  const std::optional<uint32_t> found = index_->hosts.Find(host.view());
  if (!found.has_value()) return {.kind = Decision::Kind::kNoVirtualHost};
  const config::VirtualHost& virtual_host = table_->virtual_hosts[*found];
  if (!input.downstream_secure && virtual_host.require_tls != config::RequireTls::kNone &&
      (virtual_host.require_tls == config::RequireTls::kAll || !input.internal_request)) {
    return {.kind = Decision::Kind::kRedirect, .virtual_host = &virtual_host};
  }
  // CONNECT has no path, and only a route made for it could match.
  if (head.path.empty()) return {.kind = Decision::Kind::kNoRoute, .virtual_host = &virtual_host};

  const std::string_view path = WithoutQuery(head.path);
  Candidates candidates;
  index_->paths[*found].Find(path, candidates);
  if (candidates.overflowed()) {
    for (const config::Route& route : virtual_host.routes) {
      if (PathMatches(route.match, path) && OthersMatch(route.match, input)) {
        return Decide(virtual_host, route, input.random);
      }
    }
    return {.kind = Decision::Kind::kNoRoute, .virtual_host = &virtual_host};
  }
  for (uint32_t number = candidates.Next(); number != Candidates::kNone;
       number = candidates.Next()) {
    const config::Route& route = virtual_host.routes[number];
    // Cheap for what the index found, and it is what decides the routes that are always tried.
    if (PathMatches(route.match, path) && OthersMatch(route.match, input)) {
      return Decide(virtual_host, route, input.random);
    }
  }
  return {.kind = Decision::Kind::kNoRoute, .virtual_host = &virtual_host};
}

}  // namespace weir::router
