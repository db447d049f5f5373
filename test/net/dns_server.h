// A DNS server for tests: answers A and AAAA questions over UDP on the loop's thread.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "source/event/epoll_loop.h"
#include "source/net/address.h"

namespace weir::net {

class DnsServer final : private event::FdHandler {
 public:
  struct Record {
    std::string address;
    uint32_t ttl;
  };

  explicit DnsServer(event::EpollLoop& loop)
      : loop_(loop), fd_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_storage storage;
    const socklen_t length = Address::Parse("127.0.0.1:0")->ToSockaddr(storage);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&storage), length) != 0) abort();
    if (!loop_.Register(fd_, *this, EPOLLIN).ok()) abort();
  }
  ~DnsServer() {
    loop_.Forget(fd_);
    close(fd_);
  }

  Address address() const {
    sockaddr_storage storage{};
    socklen_t length = sizeof(storage);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &length);
    return Address::FromSockaddr(storage, length);
  }

  std::map<std::string, std::vector<Record>> records;
  bool silent = false;
  size_t questions = 0;

 private:
  void OnEvents(uint32_t) override {
    unsigned char packet[512];
    sockaddr_storage from{};
    socklen_t length = sizeof(from);
    for (;;) {
      const ssize_t size =
          recvfrom(fd_, packet, sizeof(packet), 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (size < 17) return;
      ++questions;
      if (silent) continue;
      const std::string answer =
          Answer(std::string(reinterpret_cast<char*>(packet), static_cast<size_t>(size)));
      sendto(fd_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

  // RFC 1035, 4: the header and question come back, with an answer for each record of the type
  // asked.
  std::string Answer(const std::string& query) const {
    std::string name;
    size_t at = 12;
    while (query[at] != 0) {
      const auto label = static_cast<size_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, label);
      at += label + 1;
    }
    const char type = query[at + 2];
    const auto found = records.find(name);
    std::string answers;
    char count = 0;
    if (found != records.end()) {
      for (const Record& record : found->second) {
        const IpAddress ip = *IpAddress::Parse(record.address);
        if (type != (ip.is_v6() ? 28 : 1)) continue;
        ++count;
        const uint32_t ttl = htonl(record.ttl);
        answers += std::string("\xC0\x0C\0", 3) + type + std::string("\0\1", 2);
        answers.append(reinterpret_cast<const char*>(&ttl), 4);
        answers += std::string(1, '\0') + static_cast<char>(ip.size());
        answers.append(reinterpret_cast<const char*>(ip.bytes()), ip.size());
      }
    }
    std::string answer = query.substr(0, 2);
    answer += '\x85';                                    // A response with authority.
    answer += found == records.end() ? '\x83' : '\x80';  // NXDOMAIN, or no error.
    answer += std::string("\0\1\0", 3) + count + std::string(4, '\0');
    return answer + query.substr(12, at + 5 - 12) + answers;
  }

  event::EpollLoop& loop_;
  const int fd_;
};

}  // namespace weir::net
