// recv, send and sendmsg as the kernel has them.
//
// glibc makes each of them a cancellation point, which costs two locked instructions a call in a
// program with threads; nobody cancels threads here. The sanitizers follow glibc's functions alone,
// so they get those. Results and errno are those of the functions.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace weir::net {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WEIR_CALL_GLIBC 1
#endif
#endif

#ifdef WEIR_CALL_GLIBC

inline ssize_t Receive(int fd, void* into, size_t size) { return recv(fd, into, size, 0); }
inline ssize_t Send(int fd, const void* from, size_t size) {
  return send(fd, from, size, MSG_NOSIGNAL);
}
inline ssize_t SendGathered(int fd, const msghdr& message) {
  return sendmsg(fd, &message, MSG_NOSIGNAL);
}

#undef WEIR_CALL_GLIBC
#else

inline ssize_t Receive(int fd, void* into, size_t size) {
  return syscall(SYS_recvfrom, fd, into, size, 0, nullptr, nullptr);
}
inline ssize_t Send(int fd, const void* from, size_t size) {
  return syscall(SYS_sendto, fd, from, size, MSG_NOSIGNAL, nullptr, 0);
}
inline ssize_t SendGathered(int fd, const msghdr& message) {
  return syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
}

#endif

}  // namespace weir::net
