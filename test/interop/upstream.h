// A service behind the proxy: HTTP/1.1 and HTTP/2 on a port of its own, a thread a connection. Each
// answer says who gave it and to which request; a request that comes while no generation allows
// this upstream is reported as lost. It never closes a connection by itself.
//
//   GET  /size/N     N bytes, the Pattern of the request's x-request; with a length or chunked
//   GET  /held/N     the same, when two more generations are in force
//   POST any         the request's body
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>
#include <utility>

#include "source/base/mutex.h"
#include "test/interop/ledger.h"
#include "test/interop/message.h"
#include "test/interop/socket.h"
#include "test/interop/timeline.h"

namespace weir::interop {

class Upstream {
 public:
  Upstream(std::string name, Timeline& timeline, Ledger& ledger);
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;
  ~Upstream();

  const std::string& name() const { return name_; }
  uint16_t port() const { return listener_.port(); }
  uint64_t served() const { return served_; }
  int open_connections() const { return open_; }
  uint64_t connections() const { return accepted_; }

 private:
  struct Connection {
    explicit Connection(Socket accepted) : socket(std::move(accepted)) {}
    Socket socket;
    bool over = false;  // The thread does nothing more.
    std::thread thread;
  };

  void Accept();
  // Closes those that are over; the proxy may use very many in the course of a run.
  void Reap() WEIR_REQUIRES(mutex_);
  // What is to be answered, and for how long the answer is held back.
  struct Plan {
    uint64_t confirmed = 0;  // Until this generation is.
    Instant deadline;        // Or until then.
    Answer answer;
  };

  void Serve(Socket& socket);
  void ServeHttp1(Socket& socket, std::string beginning);
  Plan Respond(const Request& request);

  const std::string name_;
  Timeline& timeline_;
  Ledger& ledger_;
  Socket listener_;
  std::atomic<uint64_t> served_ = 0;
  std::atomic<int> open_ = 0;
  std::atomic<uint64_t> accepted_ = 0;
  Mutex mutex_;
  std::list<Connection> connections_ WEIR_GUARDED_BY(mutex_);
  bool stopping_ WEIR_GUARDED_BY(mutex_) = false;
  std::thread acceptor_;
};

}  // namespace weir::interop
