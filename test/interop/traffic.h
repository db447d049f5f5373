// The users of a run: each on a thread and a connection of its own, judging every answer by the
// timeline.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "test/interop/client.h"
#include "test/interop/ledger.h"
#include "test/interop/timeline.h"

namespace weir::interop {

// Of an answer that was right.
struct Seen {
  uint64_t generation = 0;
  uint64_t connection = 0;
  std::string server;

  // The worker has its number in the upper bits of the connections' ids.
  uint64_t worker() const { return connection >> 48; }
};

// Makes requests and judges answers. Thread-safe.
class Judge {
 public:
  Judge(Timeline& timeline, Ledger& ledger) : timeline_(timeline), ledger_(ledger) {}

  enum class Kind { kMixed, kHeld };
  Request Make(Kind kind);
  // Books the request; nothing when it was lost.
  std::optional<Seen> Book(const Request& request, const absl::StatusOr<Answer>& answer,
                           std::string_view who);
  Timeline& timeline() { return timeline_; }
  Ledger& ledger() { return ledger_; }

 private:
  std::string WhatIsWrong(const Request& request, const Answer& answer, Seen& seen) const;

  Timeline& timeline_;
  Ledger& ledger_;
  std::atomic<uint64_t> last_id_ = 0;
};

class User {
 public:
  struct Options {
    std::string name;
    Protocol protocol = Protocol::kHttp1;
    uint16_t port = 0;
    Judge::Kind kind = Judge::Kind::kMixed;
    bool steady = false;         // Its listener never changes: one connection for the whole run.
    bool one_shot = false;       // A new connection for each request.
    bool may_be_absent = false;  // Its listener comes and goes.
    std::optional<uint64_t> worker;  // Connects until this one accepts.
  };
  User(Options options, Judge& judge);
  User(const User&) = delete;
  User& operator=(const User&) = delete;
  ~User() { Stop(); }

  void Stop();
  uint64_t exchanges() const { return exchanges_; }
  // The most generations that one connection has seen.
  uint64_t longest_life() const { return longest_life_; }
  uint64_t connections() const { return connections_; }

 private:
  void Run();
  std::unique_ptr<Client> Connect();
  std::unique_ptr<Client> ConnectOnce();
  // Whether the connection can be used further.
  bool Exchange(Client& client);
  // The server wants the connection to end; a steady user's never.
  bool LeaveIfTold(const Client& client);
  void NoteSeen(const Seen& seen);

  const Options options_;
  Judge& judge_;
  const size_t watcher_;  // A steady user's.
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> exchanges_ = 0;
  std::atomic<uint64_t> longest_life_ = 0;
  std::atomic<uint64_t> connections_ = 0;
  uint64_t first_generation_ = 0;  // Of the connection.
  uint64_t connection_id_ = 0;
  std::thread thread_;
};

}  // namespace weir::interop
