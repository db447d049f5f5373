#include "source/exe/extensions.h"
#include "source/extensions/access_logs/file/config.h"
#include "source/extensions/access_logs/stream/config.h"
#include "source/extensions/http/buffer/config.h"
#include "source/extensions/http/set_filter_state/config.h"
#include "source/extensions/http/set_metadata/config.h"
#include "source/extensions/listener/proxy_protocol/config.h"
#include "source/extensions/listener/tls_inspector/config.h"
#include "source/extensions/resource_monitors/downstream_connections/config.h"
#include "source/extensions/resource_monitors/fixed_heap/config.h"
#include "source/extensions/transport_sockets/proxy_protocol/config.h"
#include "source/extensions/transport_sockets/tls/config.h"

namespace weir::exe {

void RegisterDecoders(config::proto::ExtensionDecoders& decoders) {
  extensions::access_logs::file::RegisterDecoder(decoders);
  extensions::access_logs::stream::RegisterDecoder(decoders);
  extensions::http::buffer::RegisterDecoder(decoders);
  extensions::http::set_filter_state::RegisterDecoder(decoders);
  extensions::http::set_metadata::RegisterDecoder(decoders);
  extensions::listener::proxy_protocol::RegisterDecoder(decoders);
  extensions::listener::tls_inspector::RegisterDecoder(decoders);
  extensions::resource_monitors::fixed_heap::RegisterDecoder(decoders);
  extensions::resource_monitors::downstream_connections::RegisterDecoder(decoders);
  extensions::transport_sockets::proxy_protocol::RegisterDecoder(decoders);
  extensions::transport_sockets::tls::RegisterDecoder(decoders);
}

}  // namespace weir::exe
