// Random tables, by a seed in the first two bytes, against requests of the fuzzer's own making: the
// index agrees with a linear scan, and nothing reads where it should not. Lines behind the seed:
// letters for what the table says beside its conditions, a path, an authority, fields.
//
//   h more virtual hosts   D one of their names twice   n they are found by x-host
//   p without the port     ; without path parameters
//   t TLS is required      e of strangers               s the request has it   i it is internal
//   w weighted clusters    W their sum is wrong         x their number comes from x-number
//   c cluster from x-name  r redirects   d direct answers   f nothing is forwarded
//   o filters are set      v virtual clusters
#include <cstring>
#include <optional>

#include "source/base/check.h"
#include "test/fuzz/fields.h"
#include "test/router/random_routes.h"

namespace weir::router {
namespace {

using Kind = Decision::Kind;

bool Has(std::string_view letters, char letter) {
  return letters.find(letter) != std::string_view::npos;
}

// Names that share beginnings and ends with those of `domains`.
void AddHosts(bool twice, config::RouteTable& table) {
  const std::vector<std::string> domains = {"a.b", "*.b", "*.a.b", "a.*", "a.b.*", "b"};
  for (const std::string& domain : domains) {
    table.virtual_hosts.push_back({.name = domain, .domains = {domain}});
  }
  if (twice) table.virtual_hosts.back().domains.push_back("*.a.b");
}

config::WeightedClusters Weighted(std::string_view letters) {
  config::WeightedClusters weighted{.total_weight = Has(letters, 'W') ? 4U : 3U};
  weighted.clusters.push_back({.name = "one", .weight = 1});
  weighted.clusters.push_back({.cluster_field = "x-name", .weight = 2});
  if (Has(letters, 'o')) weighted.clusters[1].filters = {{.filter = "f", .disabled = true}};
  if (Has(letters, 'x')) weighted.random_field = "x-number";
  return weighted;
}

void SetAction(std::string_view letters, config::Route& route) {
  if (Has(letters, 'r')) {
    route.action = config::RedirectAction{.host = "c"};
  } else if (Has(letters, 'd')) {
    route.action = config::DirectResponse{.status = 404};
  } else if (Has(letters, 'f')) {
    route.action = config::NonForwarding{};
  } else if (Has(letters, 'c')) {
    route.action = config::RouteAction{.cluster = config::ClusterHeader{"x-name"}};
  } else if (Has(letters, 'w')) {
    route.action = config::RouteAction{.cluster = Weighted(letters)};
  }
}

void Decorate(std::string_view letters, config::RouteTable& table) {
  config::VirtualHost& host = table.virtual_hosts[0];
  for (config::Route& route : host.routes) SetAction(letters, route);
  if (Has(letters, 't')) host.require_tls = config::RequireTls::kAll;
  if (Has(letters, 'e')) host.require_tls = config::RequireTls::kExternalOnly;
  if (Has(letters, 'o')) host.filters = table.filters = {{.filter = "f", .disabled = false}};
  if (Has(letters, 'v')) {
    host.virtual_clusters.push_back({.name = "named", .headers = {{.name = "x-name"}}});
    host.virtual_clusters.push_back({.name = "other"});
  }
  if (Has(letters, 'n')) table.vhost_header = "x-host";
  table.ignore_port_in_host_matching = Has(letters, 'p');
  table.ignore_path_parameters = Has(letters, ';');
  if (Has(letters, 'h')) AddHosts(Has(letters, 'D'), table);
}

// As RouteConfiguration tells it: exact names, then the longest end, the longest beginning, "*".
const config::VirtualHost& ScanHosts(const config::RouteTable& table, std::string_view name) {
  const config::VirtualHost* best = &table.virtual_hosts[0];
  size_t rank = 0;
  for (const config::VirtualHost& host : table.virtual_hosts) {
    for (std::string_view domain : host.domains) {
      size_t its_rank = 0;
      const size_t size = domain.size() - 1;
      if (domain == name) {
        its_rank = 3000;
      } else if (name.size() <= size) {
        continue;
      } else if (domain.starts_with('*') && name.ends_with(domain.substr(1))) {
        its_rank = size == 0 ? 0 : 2000 + size;
      } else if (domain.ends_with('*') && name.starts_with(domain.substr(0, size))) {
        its_rank = 1000 + size;
      }
      if (its_rank > rank) best = &host;
      rank = std::max(rank, its_rank);
    }
  }
  return *best;
}

void Fill(std::string_view text, http::RequestHead& head) {
  head.method = "GET";
  head.path = TakeLine(text);
  head.authority = TakeLine(text);
  TakeFields(text, head.headers);
}

// As the codecs see to it.
bool IsPath(std::string_view path) {
  return path.starts_with('/') && path.find('#') == std::string_view::npos &&
         path.find('\0') == std::string_view::npos;
}

void CheckDecision(const Decision& decision, const config::RouteTable& table,
                   const MatchInput& input) {
  const FilterSetting setting = SettingOf(decision, table, "f");
  WEIR_CHECK(setting.disabled.value_or(false) ==
                 (decision.weighted != nullptr && !decision.weighted->filters.empty()),
             "the most specific level holds");
  if (decision.virtual_host == nullptr) return;
  const auto* const cluster = FindVirtualCluster(*decision.virtual_host, input.head);
  WEIR_CHECK((cluster == nullptr) == decision.virtual_host->virtual_clusters.empty(),
             "the last one takes what is left");
  if (decision.route == nullptr) return;
  const bool has_action = std::holds_alternative<config::RouteAction>(decision.route->action);
  WEIR_CHECK((decision.kind == Kind::kRoute) == has_action, "the decision is the route's");
}

// Nothing to compare with where the scan does not know what the table says.
void Compare(const Decision& decision, std::string_view letters, const config::RouteTable& table,
             const MatchInput& input) {
  if (!Has(letters, 'n') && !Has(letters, 'p')) {
    WEIR_CHECK(decision.virtual_host == &ScanHosts(table, AsciiLower(input.head.authority)),
               "the index of hosts and the scan disagree");
  }
  const bool redirected = decision.kind == Kind::kRedirect && decision.route == nullptr;
  if (redirected) {
    WEIR_CHECK(!input.downstream_secure && (Has(letters, 't') || !input.internal_request),
               "a redirect to TLS without need");
    return;
  }
  if (decision.virtual_host != table.virtual_hosts.data() || Has(letters, ';')) return;
  WEIR_CHECK(decision.route == LinearScan(table.virtual_hosts[0], input),
             "the index and the scan disagree");
}

void Run(std::string_view input) {
  uint16_t seed = 0;
  if (input.size() < sizeof(seed)) return;
  std::memcpy(&seed, input.data(), sizeof(seed));
  input.remove_prefix(sizeof(seed));
  const std::string_view letters = TakeLine(input);
  event::Random random(seed);
  const std::shared_ptr<config::RouteTable> table = RandomTable(random, 100);
  Decorate(letters, *table);
  const auto index = RouteIndex::Create(table);
  const bool weighted = Has(letters, 'w') && Has(letters, 'W') && !index.ok();
  if (weighted || (Has(letters, 'h') && Has(letters, 'D'))) {
    WEIR_CHECK(!index.ok(), "a name twice, or a wrong sum");
    return;
  }
  WEIR_CHECK(index.ok(), "random tables are valid");
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  http::RequestHead head(arena);
  Fill(input, head);
  if (!IsPath(head.path)) return;
  stream_info::ConnectionInfo connection;
  stream_info::StreamInfo stream(connection);
  FillRandomFindings(random, connection, stream);
  const MatchInput match{.head = head,
                         .downstream_secure = Has(letters, 's'),
                         .internal_request = Has(letters, 'i'),
                         .stream = &stream,
                         .random = random.Next()};
  const Decision decision = (*index)->Match(match);
  CheckDecision(decision, *table, match);
  Compare(decision, letters, *table, match);
}

}  // namespace
}  // namespace weir::router

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  weir::router::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
