// A transport whose handshake is over at once, for pools that go by what it agrees on.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/net/transport_socket.h"

namespace weir::upstream {

class NegotiatingTransport final : public net::TransportSocketFactory {
 public:
  // What later handshakes agree on; empty: nothing.
  void Agree(std::string protocol) { agreed_ = std::move(protocol); }
  const std::vector<std::string>& offered() const { return offered_; }
  // Connections made with it.
  size_t wrapped() const { return wrapped_; }

  std::unique_ptr<net::ByteStream> WrapServer(std::unique_ptr<net::ByteStream> stream,
                                              buffer::Buffer&,
                                              const net::TransportPlatform&) const override {
    return stream;
  }
  std::unique_ptr<net::ByteStream> WrapClient(std::unique_ptr<net::ByteStream> stream,
                                              const net::TransportPlatform&,
                                              const net::TransportOptions& options) const override {
    offered_ = options.alpn;
    ++wrapped_;
    return std::make_unique<Stream>(std::move(stream), agreed_);
  }
  bool has_handshake() const override { return true; }

 private:
  class Stream final : public net::ByteStream {
   public:
    Stream(std::unique_ptr<net::ByteStream> inner, std::string agreed)
        : inner_(std::move(inner)), facts_{.encrypted = true, .alpn = std::move(agreed)} {}
    void SetHandler(net::ByteStreamHandler* handler) override { inner_->SetHandler(handler); }
    net::IoResult Read(buffer::Buffer& into, size_t limit) override {
      return inner_->Read(into, limit);
    }
    net::IoResult Write(buffer::Buffer& from) override { return inner_->Write(from); }
    void ShutdownWrite() override { inner_->ShutdownWrite(); }
    void Close(CloseMode mode) override { inner_->Close(mode); }
    const net::Address& local_address() const override { return inner_->local_address(); }
    const net::Address& remote_address() const override { return inner_->remote_address(); }
    const net::TransportFacts& transport() const override { return facts_; }

   private:
    const std::unique_ptr<net::ByteStream> inner_;
    const net::TransportFacts facts_;
  };

  std::string agreed_;
  mutable std::vector<std::string> offered_;
  mutable size_t wrapped_ = 0;
};

}  // namespace weir::upstream
