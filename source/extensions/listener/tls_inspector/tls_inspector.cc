#include "source/extensions/listener/tls_inspector/tls_inspector.h"

#include <utility>

#include "source/extensions/listener/tls_inspector/config.h"
#include "source/tls/client_hello.h"
#include "source/tls/fingerprint.h"

namespace weir::extensions::listener::tls_inspector {
namespace {

class TlsInspector final : public filter::ListenerFilter {
 public:
  explicit TlsInspector(std::shared_ptr<const TlsInspectorConfig> config)
      : config_(std::move(config)) {}

  size_t max_bytes() const override { return config_->max_client_hello_size; }

  Result OnBytes(std::string_view bytes, bool full, stream_info::ConnectionInfo& info) override {
    const bool close_on_error = config_->close_connection_on_client_hello_parsing_errors;
    tls::ClientHello hello;
    tls::ClientOffers offers;
    switch (tls::ReadClientHello(bytes, hello, config_->ja3 || config_->ja4 ? &offers : nullptr)) {
      case tls::HelloOutcome::kNeedMore:
        return full && close_on_error ? Result::kClose : Result::kNeedMore;
      case tls::HelloOutcome::kNotTls:
        return Result::kDone;
      case tls::HelloOutcome::kMalformed:
        return close_on_error ? Result::kClose : Result::kDone;
      case tls::HelloOutcome::kFound:
        info.transport_protocol = "tls";
        if (config_->ja3) info.further.Edit().ja3_fingerprint = tls::Ja3Hash(offers);
        if (config_->ja4) info.further.Edit().ja4_fingerprint = tls::Ja4(hello, offers);
        info.further.Edit().server_name = std::move(hello.server_name);
        info.further.Edit().application_protocols = std::move(hello.protocols);
        return Result::kDone;
    }
    return Result::kDone;
  }

 private:
  const std::shared_ptr<const TlsInspectorConfig> config_;
};

class Factory final : public filter::ListenerFilterFactory {
 public:
  explicit Factory(const TlsInspectorConfig& config)
      : config_(std::make_shared<const TlsInspectorConfig>(config)) {}

  std::unique_ptr<filter::ListenerFilter> Create(filter::WorkerStats&) const override {
    return std::make_unique<TlsInspector>(config_);
  }

 private:
  const std::shared_ptr<const TlsInspectorConfig> config_;
};

}  // namespace

void RegisterFactory(filter::Factories& factories) {
  factories.listener_filters[std::string(kName)] = [](const config::ExtensionConfig& config) {
    return std::make_shared<const Factory>(static_cast<const TlsInspectorConfig&>(config));
  };
}

}  // namespace weir::extensions::listener::tls_inspector
