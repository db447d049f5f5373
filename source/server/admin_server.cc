#include "source/server/admin_server.h"

#include <utility>

#include "source/base/check.h"
#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::server {
namespace {

constexpr char kName[] = "admin";
// Beyond those of workers, so that connection ids never meet.
constexpr uint32_t kIndex = 0xFFFF;

std::shared_ptr<const config::HttpConnectionManager> MakeManager() {
  auto manager = std::make_shared<config::HttpConnectionManager>();
  manager->stat_prefix = kName;
  manager->use_remote_address = true;
  manager->generate_request_id = false;
  manager->request_headers_timeout = std::chrono::seconds(10);
  manager->request_timeout = std::chrono::seconds(60);
  return manager;
}

// One chain for every connection, whose filter never lets a request reach a route.
std::shared_ptr<const generation::Listener> MakeListener(const AdminContext& context,
                                                         const net::Address& address,
                                                         const AdminServerConfig& config) {
  auto chain_config = std::make_shared<config::FilterChain>();
  chain_config->name = kName;
  chain_config->terminal = MakeManager();
  auto chain = std::make_shared<generation::Chain>();
  chain->config = chain_config;
  chain->http_filters.before_router = {{kName, std::make_shared<AdminFilterFactory>(context)}};
  chain->access_logs = config.access_logs;

  auto listener_config = std::make_shared<config::Listener>();
  listener_config->name = kName;
  listener_config->stat_prefix = kName;
  listener_config->address = address;
  listener_config->filter_chains = {chain_config};
  auto index = router::ChainIndex::Create(listener_config->filter_chains, nullptr);
  WEIR_CHECK(index.ok(), "one chain cannot contradict itself");
  auto listener = std::make_shared<generation::Listener>();
  listener->config = std::move(listener_config);
  listener->index = *std::move(index);
  listener->chains.emplace(chain_config.get(), std::move(chain));
  return listener;
}

std::vector<std::string> LowerCase(const std::vector<std::string>& names) {
  std::vector<std::string> lower;
  for (const std::string& name : names) lower.push_back(AsciiLower(name));
  return lower;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Create(AdminServerConfig config,
                                                                 AdminActions& actions,
                                                                 stats::Registry& registry,
                                                                 AdminSeat seat) {
  const net::ListenOptions options{.reuse_port = false, .more = config.socket_options};
  auto sockets = seat.network.OpenListenSockets(config.address, options, 1);
  if (!sockets.ok()) {
    return absl::Status(sockets.status().code(),
                        ToAbsl(StrCat("the admin server: ", MessageOf(sockets.status()))));
  }
  return std::unique_ptr<AdminServer>(
      new AdminServer(std::move(config), actions, registry, seat, *std::move(sockets)));
}

AdminServer::AdminServer(AdminServerConfig config, AdminActions& actions, stats::Registry& registry,
                         AdminSeat seat, std::vector<std::shared_ptr<net::ListenSocket>> sockets)
    : address_(sockets.front()->address()),
      context_{actions, registry, seat.loop, LowerCase(config.host_names), config.allow_paths},
      breakers_(1),
      worker_({.index = kIndex,
               .loop = seat.loop,
               .network = seat.network,
               .registry = registry,
               .breakers = breakers_,
               .seed = config.seed,
               .drain_time = std::chrono::seconds(5),
               // A snapshot of one listener may be freed anywhere.
               .release = [](const std::shared_ptr<const void>&) {}}) {
  auto snapshot = std::make_shared<generation::Snapshot>();
  snapshot->number = 1;
  snapshot->listeners = snapshot->listeners.Set(kName, MakeListener(context_, address_, config));
  SocketTable table;
  table[std::string(kName)] = {std::move(sockets.front())};
  seat.loop.Post([this, snapshot = std::move(snapshot), table = std::move(table)] {
    worker_.Install(snapshot, table);
  });
}

AdminServer::~AdminServer() = default;

void AdminServer::Shutdown(event::Duration deadline, std::function<void()> done) {
  worker_.Shutdown(deadline, std::move(done));
}

}  // namespace weir::server
