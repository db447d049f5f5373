// Any answer that a DNS server may give to a question for addresses: the input is the packet behind
// its identifier. Whatever comes, the query is answered once, with sorted addresses or an error.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "source/base/check.h"
#include "source/event/epoll_loop.h"
#include "source/net/ares_resolver.h"

namespace weir::net {
namespace {

// Gives every question the same answer.
class Server final : private event::FdHandler {
 public:
  explicit Server(event::EpollLoop& loop)
      : loop_(loop), fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_storage storage;
    const socklen_t length = Address::Parse("127.0.0.1:0")->ToSockaddr(storage);
    WEIR_CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&storage), length) == 0, "a port is free");
    WEIR_CHECK(loop.Register(fd_, *this, EPOLLIN).ok(), "it can be watched");
  }

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    loop_.Forget(fd_);
    close(fd_);
  }

  Address address() const {
    sockaddr_storage storage{};
    socklen_t length = sizeof(storage);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &length);
    return Address::FromSockaddr(storage, length);
  }
  void set_answer(std::string answer) { answer_ = std::move(answer); }

 private:
  void OnEvents(uint32_t) override {
    char question[512];
    sockaddr_storage from{};
    socklen_t length = sizeof(from);
    while (recvfrom(fd_, question, sizeof(question), 0, reinterpret_cast<sockaddr*>(&from),
                    &length) >= 2) {
      const std::string packet = std::string(question, 2) + answer_;
      sendto(fd_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

  event::EpollLoop& loop_;
  const int fd_;
  std::string answer_;
};

// For one input, as a loop runs once.
struct Machine {
  const event::SystemClock clock;
  std::unique_ptr<event::EpollLoop> loop = *event::EpollLoop::Create(clock);
  Server server{*loop};
  std::unique_ptr<AresResolver> resolver = *AresResolver::Create(
      *loop, {.servers = {server.address()}, .timeout = std::chrono::milliseconds(20), .tries = 1});
};

void CheckAnswer(const absl::StatusOr<ResolvedAddresses>& answer) {
  if (!answer.ok()) return;
  const std::vector<IpAddress>& addresses = answer->addresses;
  WEIR_CHECK(!addresses.empty(), "no address is an error");
  WEIR_CHECK(std::adjacent_find(addresses.begin(), addresses.end(),
                                [](const IpAddress& a, const IpAddress& b) { return !(a < b); }) ==
                 addresses.end(),
             "addresses are sorted and differ");
  WEIR_CHECK(answer->ttl.count() >= 0, "times to live are not negative");
}

}  // namespace
}  // namespace weir::net

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using weir::net::Machine;
  Machine machine;
  machine.server.set_answer(
      std::string(reinterpret_cast<const char*>(data), std::min<size_t>(size, 4000)));
  int answers = 0;
  const auto query =
      machine.resolver->Resolve("a.example", weir::net::DnsFamily::kV4Only,
                                [&](const absl::StatusOr<weir::net::ResolvedAddresses>& answer) {
                                  ++answers;
                                  weir::net::CheckAnswer(answer);
                                  machine.loop->Stop();
                                });
  machine.loop->Run();
  WEIR_CHECK(answers == 1, "each query is answered once");
  return 0;
}
