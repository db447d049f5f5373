// The transport socket of cleartext (xDS raw_buffer): each stream is given back as it is.
#pragma once

#include <memory>
#include <utility>

#include "source/net/transport_socket.h"

namespace weir::net {

class RawTransportSocketFactory final : public TransportSocketFactory {
 public:
  std::unique_ptr<ByteStream> WrapServer(std::unique_ptr<ByteStream> stream, buffer::Buffer&,
                                         const TransportPlatform&) const override {
    return stream;
  }
  std::unique_ptr<ByteStream> WrapClient(std::unique_ptr<ByteStream> stream,
                                         const TransportPlatform&,
                                         const TransportOptions&) const override {
    return stream;
  }
  bool has_handshake() const override { return false; }
};

}  // namespace weir::net
