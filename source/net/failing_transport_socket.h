// The transport socket of what cannot be had, such as TLS whose secrets are not there: every
// connection fails, from the loop, and no byte passes.
#pragma once

#include <memory>
#include <string>

#include "source/net/transport_socket.h"

namespace weir::net {

class FailingTransportSocketFactory final : public TransportSocketFactory {
 public:
  // `reason`: a word of transport_failure_reason.
  explicit FailingTransportSocketFactory(std::string reason) : reason_(std::move(reason)) {}

  std::unique_ptr<ByteStream> WrapServer(std::unique_ptr<ByteStream> stream,
                                         buffer::Buffer& received,
                                         const TransportPlatform& platform) const override;
  std::unique_ptr<ByteStream> WrapClient(std::unique_ptr<ByteStream> stream,
                                         const TransportPlatform& platform,
                                         const TransportOptions& options) const override;
  bool has_handshake() const override { return true; }

 private:
  const std::string reason_;
};

}  // namespace weir::net
