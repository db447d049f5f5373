// The floor that proxies are measured against: each client's connection has one of its own to the
// upstream, bytes are passed on as they come, and nothing looks at them. One thread, epoll,
// edge-triggered.
//
//   forwarder PORT UPSTREAM_PORT       on 127.0.0.1, until it is terminated
//
// What a socket does not take at once ends the pair: answers here are far smaller than a socket's
// buffer.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

sockaddr_in Loopback(const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int ListenOn(const char* port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  const sockaddr_in address = Loopback(port);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(fd, 4096) != 0) {
    std::perror("forwarder");
    std::exit(1);
  }
  return fd;
}

class Forwarder {
 public:
  Forwarder(const char* port, const char* upstream_port)
      : epoll_(epoll_create1(0)), listener_(ListenOn(port)), upstream_(Loopback(upstream_port)) {
    Watch(listener_, EPOLLIN);
  }

  [[noreturn]] void Run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<size_t>(i)].data.fd;
        if (fd == listener_) {
          Accept();
        } else if (PartnerOf(fd) >= 0) {
          Forward(fd);
        }
      }
    }
  }

 private:
  int PartnerOf(int fd) const { return partners_[static_cast<size_t>(fd)]; }

  void Watch(int fd, uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void Accept() {
    const int client = accept4(listener_, nullptr, nullptr, 0);
    if (client < 0) return;
    const int server = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(server, reinterpret_cast<const sockaddr*>(&upstream_), sizeof(upstream_)) != 0) {
      close(client);
      close(server);
      return;
    }
    Pair(client, server);
    Pair(server, client);
  }

  void Pair(int fd, int partner) {
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (partners_.size() <= static_cast<size_t>(fd))
      partners_.resize(static_cast<size_t>(fd) + 1, -1);
    partners_[static_cast<size_t>(fd)] = partner;
    Watch(fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
  }

  void Forward(int from) {
    const int to = PartnerOf(from);
    for (;;) {
      const ssize_t got = recv(from, bytes_.data(), bytes_.size(), MSG_DONTWAIT);
      if (got < 0) return;
      if (got == 0 || send(to, bytes_.data(), static_cast<size_t>(got), MSG_NOSIGNAL) != got) {
        return Part(from, to);
      }
      if (static_cast<size_t>(got) < bytes_.size()) return;
    }
  }

  void Part(int one, int other) {
    for (const int fd : {one, other}) {
      partners_[static_cast<size_t>(fd)] = -1;
      close(fd);
    }
  }

  const int epoll_;
  const int listener_;
  const sockaddr_in upstream_;
  std::vector<int> partners_;  // By descriptor; -1: none.
  std::array<char, 16384> bytes_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: forwarder PORT UPSTREAM_PORT\n");
    return 2;
  }
  Forwarder(argv[1], argv[2]).Run();
}
