#include "source/net/failing_transport_socket.h"

#include <utility>

namespace weir::net {
namespace {

class FailingStream final : public ByteStream {
 public:
  FailingStream(std::unique_ptr<ByteStream> inner, std::string reason, event::Loop& loop)
      : inner_(std::move(inner)), reason_(std::move(reason)), fail_(loop, [this] {
          if (handler_ != nullptr) handler_->OnFailed(reason_);
        }) {}

  void SetHandler(ByteStreamHandler* handler) override {
    handler_ = handler;
    fail_.Enable(event::Duration::zero());
  }
  IoResult Read(buffer::Buffer&, size_t) override { return {IoOutcome::kError}; }
  IoResult Write(buffer::Buffer&) override { return {IoOutcome::kError}; }
  void ShutdownWrite() override {}
  void Close(CloseMode mode) override {
    handler_ = nullptr;
    fail_.Disable();
    inner_->Close(mode);
  }
  const Address& local_address() const override { return inner_->local_address(); }
  const Address& remote_address() const override { return inner_->remote_address(); }
  const TransportFacts& transport() const override { return inner_->transport(); }

 private:
  std::unique_ptr<ByteStream> inner_;
  const std::string reason_;
  ByteStreamHandler* handler_ = nullptr;
  event::Timer fail_;
};

}  // namespace

std::unique_ptr<ByteStream> FailingTransportSocketFactory::WrapServer(
    std::unique_ptr<ByteStream> stream, buffer::Buffer& received,
    const TransportPlatform& platform) const {
  received.Clear();
  return std::make_unique<FailingStream>(std::move(stream), reason_, platform.loop);
}

std::unique_ptr<ByteStream> FailingTransportSocketFactory::WrapClient(
    std::unique_ptr<ByteStream> stream, const TransportPlatform& platform,
    const TransportOptions&) const {
  return std::make_unique<FailingStream>(std::move(stream), reason_, platform.loop);
}

}  // namespace weir::net
