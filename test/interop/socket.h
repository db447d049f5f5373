// TCP sockets of the loopback with deadlines: the ground of the clients and upstreams of this
// folder. Blocking calls of one thread; Shutdown() alone from another.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace weir::interop {

using Instant = std::chrono::steady_clock::time_point;
inline Instant In(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  static absl::StatusOr<Socket> Connect(uint16_t port, Instant deadline);
  // To a free port; `shared` with whoever listens with SO_REUSEADDR.
  static Socket Bind(bool shared);
  // On a free port.
  static Socket Listen();
  // Nothing when it was shut down.
  absl::StatusOr<Socket> Accept();

  absl::Status Write(std::string_view bytes, Instant deadline);
  // Adds what is there to `to`; waits for the first byte. Zero: the peer has ended.
  absl::StatusOr<size_t> Read(std::string& to, Instant deadline);
  // Whether there is something to read, the end included, by `deadline`.
  bool Readable(Instant deadline) const;
  // Wakes whoever waits in a call above.
  void Shutdown() const;

  uint16_t port() const;
  bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// A port that the kernel gives to nobody else while this process runs, and that refuses until a
// program listens on it by its number, with SO_REUSEADDR. For the main thread.
uint16_t FreePort();

}  // namespace weir::interop
