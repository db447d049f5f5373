#include "source/net/handshakes.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>

#include "source/base/owned_fd.h"

namespace weir::net {
namespace {

struct Question {
  nlmsghdr header;
  inet_diag_req_v2 asked;
};

// For every connection in SYN_RECV that came to `port`.
Question About(int family, uint16_t port) {
  Question question{};
  question.header.nlmsg_len = sizeof(question);
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.asked.sdiag_family = static_cast<uint8_t>(family);
  question.asked.sdiag_protocol = IPPROTO_TCP;
  question.asked.idiag_states = 1u << TCP_SYN_RECV;
  question.asked.id.idiag_sport = htons(port);
  return question;
}

enum class Heard { kSome, kNone, kMore };

Heard Read(const char* bytes, size_t size, uint16_t port) {
  // The buffer of a datagram of netlink is aligned for its headers.
  const auto* message = reinterpret_cast<const nlmsghdr*>(bytes);
  for (int left = static_cast<int>(size); NLMSG_OK(message, static_cast<unsigned>(left));
       message = NLMSG_NEXT(message, left)) {
    if (message->nlmsg_type == NLMSG_DONE) return Heard::kNone;
    if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY) return Heard::kSome;  // It does not say.
    const auto* found = static_cast<const inet_diag_msg*>(NLMSG_DATA(message));
    if (ntohs(found->id.idiag_sport) == port) return Heard::kSome;
  }
  return Heard::kMore;
}

}  // namespace

bool HandshakesUnderWay(const Address& listening) {
  const OwnedFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  const Question question = About(listening.ip().is_v6() ? AF_INET6 : AF_INET, listening.port());
  if (fd.get() < 0 || send(fd.get(), &question, sizeof(question), 0) < 0) return true;
  alignas(nlmsghdr) std::array<char, 16384> answer;
  for (;;) {
    const ssize_t size = recv(fd.get(), answer.data(), answer.size(), 0);
    if (size <= 0) return true;
    const Heard heard = Read(answer.data(), static_cast<size_t>(size), listening.port());
    if (heard != Heard::kMore) return heard == Heard::kSome;
  }
}

}  // namespace weir::net
