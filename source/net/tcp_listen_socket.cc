#include "source/net/tcp_listen_socket.h"

#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "source/base/log.h"
#include "source/net/handshakes.h"
#include "source/net/tcp_network.h"

namespace weir::net {
namespace {

// Of a TCP header (RFC 9293, 3.1), where the filter of a TCP socket begins.
constexpr uint32_t kFlagsAt = 13;
constexpr uint32_t kSyn = 0x02;
constexpr uint32_t kAck = 0x10;
constexpr uint32_t kDrop = 0;
constexpr uint32_t kPass = UINT32_MAX;

// Drops segments with SYN and without ACK, which begin a handshake.
bool DropNewHandshakes(int fd) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlagsAt),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kSyn | kAck),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSyn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kDrop),
      BPF_STMT(BPF_RET | BPF_K, kPass),
  };
  const sock_fprog program{static_cast<unsigned short>(std::size(code)), code};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0;
}

}  // namespace

TcpListenSocket::~TcpListenSocket() { close(fd_); }

// Of a socket that listens already listen(2) changes the length alone.
void TcpListenSocket::SetBacklog(int backlog) { listen(fd_, KernelBacklog(backlog)); }

void TcpListenSocket::Refuse() {
  if (refuses_.load(std::memory_order_relaxed)) return;
  const bool refused = address_.is_ip() ? DropNewHandshakes(fd_) : shutdown(fd_, SHUT_RD) == 0;
  if (!refused) {
    WEIR_LOG(kConnection, kWarn, "cannot stop connects to ", address_.ToString(),
             " before it is closed; some may be reset: errno ", errno);
  }
  refuses_.store(refused, std::memory_order_relaxed);
}

bool TcpListenSocket::TakeAgain() {
  if (!refuses_.load(std::memory_order_relaxed)) return true;
  const int unused = 0;
  if (!address_.is_ip() ||
      setsockopt(fd_, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) != 0) {
    return false;
  }
  refuses_.store(false, std::memory_order_relaxed);
  return true;
}

bool TcpListenSocket::AwaitsHandshakes() const {
  return refuses_.load(std::memory_order_relaxed) && address_.is_ip() &&
         HandshakesUnderWay(address_);
}

}  // namespace weir::net
