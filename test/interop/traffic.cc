#include "test/interop/traffic.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>
#include <vector>

#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::interop {
namespace {

// Longer is lost.
constexpr auto kAnswerWithin = std::chrono::seconds(20);
// Between two exchanges of a connection; long enough to leave the processor to the proxy.
constexpr auto kRest = std::chrono::milliseconds(4);
constexpr size_t kStreamsAtOnce = 4;

constexpr std::array<size_t, 6> kSizes = {0, 1, 100, 5000, 17000, 70000};

}  // namespace

Request Judge::Make(Kind kind) {
  const uint64_t id = ++last_id_;
  Request request;
  request.headers["x-request"] = StrCat(id);
  request.headers["x-confirmed"] = StrCat(timeline_.confirmed());
  const size_t size = kSizes[id % kSizes.size()];
  if (kind == Kind::kHeld) {
    request.path = StrCat("/held/", size);
  } else if (id % 5 == 0) {
    request.method = "POST";
    request.path = "/echo";
    request.body = Pattern(id, size);
  } else {
    request.path = StrCat("/size/", size);
  }
  return request;
}

std::string Judge::WhatIsWrong(const Request& request, const Answer& answer, Seen& seen) const {
  const uint64_t id = std::strtoull(request.headers.at("x-request").c_str(), nullptr, 10);
  if (answer.status != 200) return StrCat("status ", answer.status, ": ", answer.body);
  if (answer.header("x-request") != request.headers.at("x-request")) {
    return StrCat("the answer to request ", answer.header("x-request"));
  }
  const size_t size = kSizes[id % kSizes.size()];
  if (answer.body != Pattern(id, size)) {
    return StrCat("another body, of ", answer.body.size(), " bytes instead of ", size);
  }
  const std::optional<uint64_t> generation = ParseUint64(answer.header("x-generation"));
  const std::optional<uint64_t> connection = ParseUint64(answer.header("x-connection"));
  if (!generation || !connection) {
    return StrCat("generation \"", answer.header("x-generation"), "\"");
  }
  const uint64_t confirmed = std::strtoull(request.headers.at("x-confirmed").c_str(), nullptr, 10);
  const uint64_t pushed = timeline_.pushed();
  if (*generation < confirmed || *generation > pushed) {
    return StrCat("routes of generation ", *generation, " while ", confirmed, " to ", pushed,
                  " could be in force");
  }
  seen = {*generation, *connection, std::string(answer.header("server"))};
  return "";
}

std::optional<Seen> Judge::Book(const Request& request, const absl::StatusOr<Answer>& answer,
                                std::string_view who) {
  Seen seen;
  const std::string wrong =
      answer.ok() ? WhatIsWrong(request, *answer, seen) : std::string(MessageOf(answer.status()));
  if (!wrong.empty()) {
    ledger_.Lost(StrCat(who, ", request ", request.headers.at("x-request"), " ", request.method,
                        " ", request.path, ": ", wrong));
    return std::nullopt;
  }
  ledger_.Answered();
  return seen;
}

User::User(Options options, Judge& judge)
    : options_(std::move(options)),
      judge_(judge),
      watcher_(options_.steady ? judge.timeline().AddWatcher() : 0),
      thread_([this] { Run(); }) {}

void User::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void User::Run() {
  std::unique_ptr<Client> client;
  while (!stopping_) {
    if (client == nullptr) {
      client = Connect();
      // Its listener is not to be there at this time.
      if (client == nullptr) continue;
    }
    if (!Exchange(*client) || options_.one_shot) {
      client.reset();
      continue;
    }
    if (client->Rest(In(kRest)) && !LeaveIfTold(*client)) continue;
    client.reset();
    if (options_.steady) judge_.ledger().Lost(StrCat(options_.name, ": ended while at rest"));
  }
}

std::unique_ptr<Client> User::ConnectOnce() {
  const uint64_t first = judge_.timeline().confirmed();
  const auto expected = [&] {
    return !options_.may_be_absent || judge_.timeline().HasExtra(first, judge_.timeline().pushed());
  };
  if (!expected()) {
    (void)judge_.ledger().WaitForMore(1, std::chrono::seconds(1));
    return nullptr;
  }
  absl::StatusOr<std::unique_ptr<Client>> client =
      ConnectClient(options_.protocol, options_.port, In(kAnswerWithin));
  // What was accepted by the kernel while the listener was to be there has to be served.
  if (!expected()) return nullptr;
  if (!client.ok()) {
    judge_.ledger().Lost(StrCat(options_.name, ": ", MessageOf(client.status())));
    return nullptr;
  }
  first_generation_ = 0;
  connection_id_ = 0;
  ++connections_;
  return *std::move(client);
}

std::unique_ptr<Client> User::Connect() {
  while (!stopping_) {
    std::unique_ptr<Client> client = ConnectOnce();
    if (client == nullptr || !options_.worker) return client;
    if (!Exchange(*client)) return nullptr;
    if (connection_id_ >> 48 == *options_.worker) return client;
  }
  return nullptr;
}

bool User::Exchange(Client& client) {
  const size_t count = options_.protocol == Protocol::kHttp2 ? kStreamsAtOnce : 1;
  std::vector<Request> requests;
  for (size_t i = 0; i < count; ++i) requests.push_back(judge_.Make(options_.kind));
  const std::vector<absl::StatusOr<Answer>> answers = client.Exchange(requests, In(kAnswerWithin));
  bool good = true;
  for (size_t i = 0; i < count; ++i) {
    const std::optional<Seen> seen = judge_.Book(requests[i], answers[i], options_.name);
    good = good && seen.has_value();
    if (seen) NoteSeen(*seen);
  }
  ++exchanges_;
  return !LeaveIfTold(client) && good;
}

bool User::LeaveIfTold(const Client& client) {
  if (!client.told_to_close()) return false;
  judge_.ledger().ToldToClose();
  if (options_.steady) judge_.ledger().Lost(StrCat(options_.name, ": told to close"));
  return true;
}

void User::NoteSeen(const Seen& seen) {
  if (connection_id_ == 0) {
    connection_id_ = seen.connection;
    first_generation_ = seen.generation;
  }
  if (seen.connection != connection_id_) {
    judge_.ledger().Lost(
        StrCat(options_.name, ": connection ", seen.connection, " instead of ", connection_id_));
  }
  const uint64_t life = seen.generation - first_generation_;
  if (life > longest_life_) longest_life_ = life;
  if (options_.steady) judge_.timeline().Show(watcher_, seen.generation);
}

}  // namespace weir::interop
