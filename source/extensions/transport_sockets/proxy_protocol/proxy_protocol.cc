#include "source/extensions/transport_sockets/proxy_protocol/proxy_protocol.h"

#include <string>
#include <utility>

#include "source/base/check.h"
#include "source/base/log.h"
#include "source/base/status.h"
#include "source/extensions/transport_sockets/proxy_protocol/config.h"

namespace weir::extensions::transport_sockets::proxy_protocol {
namespace {

using net::IoOutcome;
using net::IoResult;

// A stream whose first bytes are `header`: nothing else is written before the transport has taken
// all of it.
class HeaderFirst final : public net::ByteStream, private net::ByteStreamHandler {
 public:
  HeaderFirst(std::unique_ptr<net::ByteStream> inner, std::string_view header,
              buffer::BlockPool& blocks)
      : inner_(std::move(inner)), header_(blocks) {
    header_.Append(header);
  }

  void SetHandler(net::ByteStreamHandler* handler) override {
    handler_ = handler;
    inner_->SetHandler(handler == nullptr ? nullptr : this);
  }
  IoResult Read(buffer::Buffer& into, size_t limit) override { return inner_->Read(into, limit); }
  IoResult Write(buffer::Buffer& from) override {
    if (!Flush()) return {IoOutcome::kError};
    if (header_.empty()) return inner_->Write(from);
    want_writable_ = !from.empty();
    return {from.empty() ? IoOutcome::kOk : IoOutcome::kAgain};
  }
  void ShutdownWrite() override {
    end_wanted_ = true;
    if (header_.empty()) inner_->ShutdownWrite();
  }
  void Close(CloseMode mode) override {
    handler_ = nullptr;
    inner_->Close(mode);
  }
  const net::Address& local_address() const override { return inner_->local_address(); }
  const net::Address& remote_address() const override { return inner_->remote_address(); }
  const net::TransportFacts& transport() const override { return inner_->transport(); }

 private:
  void OnConnected() override {
    Flush();
    handler_->OnConnected();
  }
  void OnReadable() override { handler_->OnReadable(); }
  void OnWritable() override {
    const bool waited = !header_.empty();
    if (!Flush() || !header_.empty()) return;
    if (waited && end_wanted_) inner_->ShutdownWrite();
    if (!waited || std::exchange(want_writable_, false)) handler_->OnWritable();
  }
  void OnFailed(std::string_view reason) override { handler_->OnFailed(reason); }

  // False when the stream is broken, of which reading tells.
  bool Flush() { return header_.empty() || inner_->Write(header_).outcome != IoOutcome::kError; }

  const std::unique_ptr<net::ByteStream> inner_;
  buffer::Buffer header_;  // What of it was not taken yet.
  net::ByteStreamHandler* handler_ = nullptr;
  bool want_writable_ = false;
  bool end_wanted_ = false;
};

class Factory final : public net::TransportSocketFactory {
 public:
  // `inner` null: raw_buffer.
  Factory(const ProxyProtocolConfig& config, std::shared_ptr<const TransportSocketFactory> inner)
      : header_(config.header), inner_(std::move(inner)) {}

  std::unique_ptr<net::ByteStream> WrapServer(std::unique_ptr<net::ByteStream> stream,
                                              buffer::Buffer&,
                                              const net::TransportPlatform&) const override {
    WEIR_CHECK(false, "an upstream transport socket on a downstream connection");
    return stream;
  }
  std::unique_ptr<net::ByteStream> WrapClient(std::unique_ptr<net::ByteStream> stream,
                                              const net::TransportPlatform& platform,
                                              const net::TransportOptions& options) const override {
    auto begun = std::make_unique<HeaderFirst>(std::move(stream), HeaderFor(options.purpose),
                                               platform.blocks);
    if (inner_ == nullptr) return begun;
    return inner_->WrapClient(std::move(begun), platform, options);
  }
  bool has_handshake() const override { return inner_ != nullptr && inner_->has_handshake(); }
  bool tells_of_downstream() const override { return true; }
  net::CertificatesInUse certificates() const override {
    return inner_ == nullptr ? net::CertificatesInUse() : inner_->certificates();
  }
  std::vector<net::CertificateEnd> certificate_ends() const override {
    return inner_ == nullptr ? std::vector<net::CertificateEnd>() : inner_->certificate_ends();
  }

 private:
  std::string HeaderFor(const net::ConnectionPurpose& purpose) const {
    const net::ProxyEndpoints* const endpoints =
        purpose.downstream.has_value() ? &*purpose.downstream : nullptr;
    size_t left_out = 0;
    std::string header =
        net::WriteProxyHeader(header_, endpoints, purpose.downstream_tlvs, left_out);
    if (left_out > 0) {
      WEIR_LOG(kUpstream, kDebug, left_out, " TLVs do not fit into a PROXY header");
    }
    return header;
  }

  const net::ProxyHeaderFormat header_;
  const std::shared_ptr<const TransportSocketFactory> inner_;
};

}  // namespace

void RegisterFactory(filter::Factories& factories) {
  factories.transport_sockets[std::string(kName)] = [](const config::ExtensionConfig& config,
                                                       const filter::TransportNeeds& needs)
      -> absl::StatusOr<std::shared_ptr<const net::TransportSocketFactory>> {
    const auto& own = static_cast<const ProxyProtocolConfig&>(config);
    std::shared_ptr<const net::TransportSocketFactory> inner;
    if (own.inner != nullptr) {
      WEIR_ASSIGN_OR_RETURN(inner, filter::MakeTransport(*own.inner, needs));
    }
    return std::make_shared<const Factory>(own, std::move(inner));
  };
}

}  // namespace weir::extensions::transport_sockets::proxy_protocol
