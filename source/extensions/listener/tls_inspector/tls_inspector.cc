#include "source/extensions/listener/tls_inspector/tls_inspector.h"

#include <utility>

#include "source/extensions/listener/tls_inspector/config.h"
#include "source/tls/client_hello.h"

namespace weir::extensions::listener::tls_inspector {
namespace {

class TlsInspector final : public filter::ListenerFilter {
 public:
  TlsInspector(size_t max_bytes, bool close_on_error)
      : max_bytes_(max_bytes), close_on_error_(close_on_error) {}

  size_t max_bytes() const override { return max_bytes_; }

  Result OnBytes(std::string_view bytes, bool full, stream_info::ConnectionInfo& info) override {
    tls::ClientHello hello;
    switch (tls::ReadClientHello(bytes, hello)) {
      case tls::HelloOutcome::kNeedMore:
        return full && close_on_error_ ? Result::kClose : Result::kNeedMore;
      case tls::HelloOutcome::kNotTls:
        return Result::kDone;
      case tls::HelloOutcome::kMalformed:
        return close_on_error_ ? Result::kClose : Result::kDone;
      case tls::HelloOutcome::kFound:
        info.transport_protocol = "tls";
        info.further.Edit().server_name = std::move(hello.server_name);
        info.further.Edit().application_protocols = std::move(hello.protocols);
        return Result::kDone;
    }
    return Result::kDone;
  }

 private:
  const size_t max_bytes_;
  const bool close_on_error_;
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  explicit Factory(const TlsInspectorConfig& config)
      : max_bytes_(config.max_client_hello_size),
        close_on_error_(config.close_connection_on_client_hello_parsing_errors) {}

  std::unique_ptr<filter::ListenerFilter> Create() const override {
    return std::make_unique<TlsInspector>(max_bytes_, close_on_error_);
  }

 private:
  const size_t max_bytes_;
  const bool close_on_error_;
};

}  // namespace

void RegisterFactory(filter::Factories& factories) {
  factories.listener_filters[std::string(kName)] = [](const config::ExtensionConfig& config) {
    return std::make_shared<const Factory>(static_cast<const TlsInspectorConfig&>(config));
  };
}

}  // namespace weir::extensions::listener::tls_inspector
