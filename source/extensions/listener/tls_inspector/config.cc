#include "source/extensions/listener/tls_inspector/config.h"

#include <algorithm>

#include "envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.pb.h"
#include "source/config/proto/extension_decoders.h"

namespace weir::extensions::listener::tls_inspector {
namespace {

using Pb = envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector;

std::shared_ptr<const config::ExtensionConfig> Decode(const Pb& message,
                                                      const config::proto::Scope&) {
  auto decoded = std::make_shared<TlsInspectorConfig>();
  if (message.has_max_client_hello_size()) {
    decoded->max_client_hello_size = message.max_client_hello_size().value();
  }
  decoded->initial_read_buffer_size = decoded->max_client_hello_size;
  if (message.has_initial_read_buffer_size()) {
    decoded->initial_read_buffer_size =
        std::min(message.initial_read_buffer_size().value(), decoded->max_client_hello_size);
  }
  decoded->close_connection_on_client_hello_parsing_errors =
      message.close_connection_on_client_hello_parsing_errors();
  decoded->ja3 = message.enable_ja3_fingerprinting().value();
  decoded->ja4 = message.enable_ja4_fingerprinting().value();
  return decoded;
}

}  // namespace

bool TlsInspectorConfig::Equals(const config::ExtensionConfig& other) const {
  const auto* const same = dynamic_cast<const TlsInspectorConfig*>(&other);
  return same != nullptr && max_client_hello_size == same->max_client_hello_size &&
         initial_read_buffer_size == same->initial_read_buffer_size && ja3 == same->ja3 &&
         ja4 == same->ja4 &&
         close_connection_on_client_hello_parsing_errors ==
             same->close_connection_on_client_hello_parsing_errors;
}

void RegisterDecoder(config::proto::ExtensionDecoders& decoders) {
  decoders.Add<Pb>(config::proto::ExtensionDecoders::Category::kListenerFilter, Decode);
}

}  // namespace weir::extensions::listener::tls_inspector
