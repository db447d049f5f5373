// The admin server: an ordinary listener and HTTP connection manager on a loop of its own, whose
// one filter answers with the pages of source/admin. It goes on answering while workers and the
// main thread are busy.
//
//   auto server = AdminServer::Create(config, actions, registry, {loop, network});
//   ... the loop runs ...
//   loop.Post([&] { server->Shutdown(deadline, done); })
//
// Made on any thread before the loop runs, destroyed after it has stopped.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/admin/view.h"
#include "source/filter/access_log.h"
#include "source/match/string_matcher.h"
#include "source/net/network.h"
#include "source/server/admin_filter.h"
#include "source/server/worker.h"

namespace weir::server {

struct AdminServerConfig {
  net::Address address;
  std::vector<std::shared_ptr<const filter::AccessLog>> access_logs;
  // Names by which the server may be asked, beside localhost and IP literals; others are refused,
  // as a page that had its own name point here would use one.
  std::vector<std::string> host_names;
  std::vector<match::StringMatcher> allow_paths;  // Empty: all.
  std::vector<net::SocketOption> socket_options;
  uint64_t seed = 0;
};

// The loop and network that it runs on. `loop` outlives what AdminActions::CollectView was asked
// for.
struct AdminSeat {
  event::Loop& loop;
  net::Network& network;
};

class AdminServer {
 public:
  // Binds at once: the error names the address. `actions` and `registry` outlive it.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Create(AdminServerConfig config,
                                                             AdminActions& actions,
                                                             stats::Registry& registry,
                                                             AdminSeat seat);
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;
  ~AdminServer();

  // The bound address, with the real port where 0 was asked for. Any thread.
  const net::Address& address() const { return address_; }

  // Admin thread. Stops listening; answers under way may be finished until `deadline`. `done` comes
  // from the loop.
  void Shutdown(event::Duration deadline, std::function<void()> done);

 private:
  AdminServer(AdminServerConfig config, AdminActions& actions, stats::Registry& registry,
              AdminSeat seat, std::vector<std::shared_ptr<net::ListenSocket>> sockets);

  const net::Address address_;
  const AdminContext context_;
  upstream::BreakerRegistry breakers_;
  Worker worker_;
};

}  // namespace weir::server
