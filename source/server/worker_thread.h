// A thread with a loop of its own: a worker's, or the admin server's.
//
// The loop is there from Create on, so that things can be built on it; Start runs it, Stop ends it
// and waits. Main thread.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "source/event/epoll_loop.h"
#include "source/net/ares_resolver.h"
#include "source/net/tcp_network.h"

namespace weir::server {

class WorkerThread {
 public:
  static absl::StatusOr<std::unique_ptr<WorkerThread>> Create(const event::Clock& clock,
                                                              std::string name);
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;
  ~WorkerThread() { Stop(); }

  void Start();
  void Stop();
  // Waits for a loop that is told to stop by itself.
  void Join();
  bool running() const { return thread_.joinable(); }

  event::EpollLoop& loop() { return *loop_; }
  net::TcpNetwork& network() { return network_; }
  net::AresResolver& resolver() { return *resolver_; }

 private:
  WorkerThread(std::unique_ptr<event::EpollLoop> loop, std::unique_ptr<net::AresResolver> resolver,
               std::string name)
      : loop_(std::move(loop)),
        network_(*loop_),
        resolver_(std::move(resolver)),
        name_(std::move(name)) {}

  const std::unique_ptr<event::EpollLoop> loop_;
  net::TcpNetwork network_;
  const std::unique_ptr<net::AresResolver> resolver_;
  const std::string name_;  // At most 15 characters, for ps and perf.
  std::thread thread_;
};

}  // namespace weir::server
