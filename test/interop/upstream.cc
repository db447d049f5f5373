#include "test/interop/upstream.h"

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "source/base/strings.h"
#include "test/interop/http2_service.h"

namespace weir::interop {
namespace {

// Longer than any run: an upstream waits for its next request for as long as it takes.
constexpr auto kEver = std::chrono::hours(1);
constexpr std::string_view kPreface = "PRI * HTTP/2.0";
constexpr auto kHeld = std::chrono::milliseconds(2000);

uint64_t NumberIn(const Headers& headers, const std::string& name) {
  const auto found = headers.find(name);
  return found == headers.end() ? 0 : std::strtoull(found->second.c_str(), nullptr, 10);
}

}  // namespace

Upstream::Upstream(std::string name, Timeline& timeline, Ledger& ledger)
    : name_(std::move(name)),
      timeline_(timeline),
      ledger_(ledger),
      listener_(Socket::Listen()),
      acceptor_([this] { Accept(); }) {}

Upstream::~Upstream() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    for (const Connection& connection : connections_) connection.socket.Shutdown();
  }
  listener_.Shutdown();
  acceptor_.join();
  std::list<Connection> left;
  {
    MutexLock lock(mutex_);
    left.swap(connections_);
  }
  for (Connection& connection : left) connection.thread.join();
}

void Upstream::Reap() {
  connections_.remove_if([](Connection& connection) {
    if (!connection.over) return false;
    connection.thread.join();
    return true;
  });
}

void Upstream::Accept() {
  for (;;) {
    absl::StatusOr<Socket> accepted = listener_.Accept();
    if (!accepted.ok()) return;
    MutexLock lock(mutex_);
    if (stopping_) return;
    Reap();
    Connection& connection = connections_.emplace_back(*std::move(accepted));
    ++open_;
    ++accepted_;
    connection.thread = std::thread([this, &connection] {
      Serve(connection.socket);
      connection.socket.Shutdown();
      --open_;
      MutexLock end(mutex_);
      connection.over = true;
    });
  }
}

void Upstream::Serve(Socket& socket) {
  std::string beginning;
  while (beginning.size() < kPreface.size() && kPreface.starts_with(beginning)) {
    const absl::StatusOr<size_t> count = socket.Read(beginning, In(kEver));
    if (!count.ok() || *count == 0) return;
  }
  if (!beginning.starts_with(kPreface)) return ServeHttp1(socket, std::move(beginning));
  ServeHttp2(socket, beginning, [this](const Request& request) -> Readiness {
    return [this, plan = Respond(request)]() -> std::optional<Answer> {
      const bool due = timeline_.HasConfirmed(plan.confirmed) ||
                       std::chrono::steady_clock::now() >= plan.deadline;
      return due ? std::optional<Answer>(plan.answer) : std::nullopt;
    };
  });
}

void Upstream::ServeHttp1(Socket& socket, std::string beginning) {
  Http1Reader reader(socket, std::move(beginning));
  for (;;) {
    absl::StatusOr<Http1Reader::Message> message = reader.Read(In(kEver));
    if (!message.ok()) return;
    // "GET /size/5 HTTP/1.1"
    const size_t method = message->start_line.find(' ');
    const size_t path = message->start_line.rfind(' ');
    const Plan plan = Respond({.method = message->start_line.substr(0, method),
                               .path = message->start_line.substr(method + 1, path - method - 1),
                               .headers = std::move(message->headers),
                               .body = std::move(message->body)});
    timeline_.WaitUntilConfirmed(plan.confirmed, plan.deadline);
    const bool chunked = NumberIn(plan.answer.headers, "x-request") % 3 == 0;
    const std::string text =
        Http1Text("HTTP/1.1 200 OK", plan.answer.headers, plan.answer.body, chunked);
    if (!socket.Write(text, In(kHeld)).ok()) return;
  }
}

Upstream::Plan Upstream::Respond(const Request& request) {
  const uint64_t id = NumberIn(request.headers, "x-request");
  const uint64_t first = NumberIn(request.headers, "x-confirmed");
  const uint64_t last = timeline_.pushed();
  if (!timeline_.Allows(name_, first, last)) {
    ledger_.Lost(StrCat("request ", id, " came to ", name_, ", which generations ", first, " to ",
                        last, " do not allow"));
  }
  ++served_;
  Plan plan;
  plan.answer.status = 200;
  plan.answer.headers = {{"x-upstream", name_}, {"x-request", StrCat(id)}};
  plan.deadline = In(kHeld);
  if (request.path.starts_with("/held/")) plan.confirmed = timeline_.confirmed() + 2;
  const size_t size =
      std::strtoull(request.path.c_str() + request.path.rfind('/') + 1, nullptr, 10);
  plan.answer.body = request.method == "POST" ? request.body : Pattern(id, size);
  return plan;
}

}  // namespace weir::interop
