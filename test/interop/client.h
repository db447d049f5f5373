// The clients of this folder: one connection each, that never reconnects by itself, so that nothing
// is hidden. One thread.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "test/interop/message.h"

namespace weir::interop {

class Client {
 public:
  virtual ~Client() = default;

  // Sends all requests (HTTP/2: at once, HTTP/1.1: each after the answer of the one before) and
  // gives an answer or what went wrong for each.
  virtual std::vector<absl::StatusOr<Answer>> Exchange(const std::vector<Request>& requests,
                                                       Instant deadline) = 0;
  // The server has said that it takes no more requests on this connection.
  virtual bool told_to_close() const = 0;
  // Waits with nothing to do. False: the server ended the connection, or sent what nobody asked
  // for.
  virtual bool Rest(Instant deadline) = 0;
};

enum class Protocol { kHttp1, kHttp2 };

absl::StatusOr<std::unique_ptr<Client>> ConnectClient(Protocol protocol, uint16_t port,
                                                      Instant deadline);

}  // namespace weir::interop
