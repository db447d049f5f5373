// The transport-socket contract: what turns the kernel's byte stream into the one the codec sees.
//
// A factory is immutable and shared by workers; raw_buffer's gives the stream back as it is, TLS's
// wraps it. The wrapped stream reports OnConnected when its handshake is done (a raw accepted
// stream never does).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/event/loop.h"
#include "source/net/byte_stream.h"

namespace weir::net {

// What the connecting side asks of the transport for one connection.
struct TransportOptions {
  std::string server_name;        // SNI to send; empty: the factory's own.
  std::vector<std::string> alpn;  // Protocols to offer; empty: the factory's own.
};

class TransportSocketFactory {
 public:
  virtual ~TransportSocketFactory() = default;
  virtual std::unique_ptr<ByteStream> WrapServer(std::unique_ptr<ByteStream> stream,
                                                 event::Loop& loop) const = 0;
  virtual std::unique_ptr<ByteStream> WrapClient(std::unique_ptr<ByteStream> stream,
                                                 event::Loop& loop,
                                                 const TransportOptions& options) const = 0;
  // Whether an accepted stream has a handshake to wait for before the first byte.
  virtual bool has_handshake() const = 0;
};

}  // namespace weir::net
