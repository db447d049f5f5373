#include "source/exe/extensions.h"
#include "source/extensions/access_logs/file/file.h"
#include "source/extensions/access_logs/stream/stream.h"
#include "source/extensions/http/buffer/buffer.h"
#include "source/extensions/http/set_filter_state/set_filter_state.h"
#include "source/extensions/http/set_metadata/set_metadata.h"
#include "source/extensions/listener/proxy_protocol/proxy_protocol.h"
#include "source/extensions/listener/tls_inspector/tls_inspector.h"
#include "source/extensions/resource_monitors/downstream_connections/downstream_connections.h"
#include "source/extensions/resource_monitors/fixed_heap/fixed_heap.h"
#include "source/extensions/transport_sockets/proxy_protocol/proxy_protocol.h"
#include "source/extensions/transport_sockets/tls/tls.h"

namespace weir::exe {

void RegisterFactories(filter::Factories& factories) {
  extensions::access_logs::file::RegisterFactory(factories);
  extensions::access_logs::stream::RegisterFactory(factories);
  extensions::http::buffer::RegisterFactory(factories);
  extensions::http::set_filter_state::RegisterFactory(factories);
  extensions::http::set_metadata::RegisterFactory(factories);
  extensions::listener::proxy_protocol::RegisterFactory(factories);
  extensions::listener::tls_inspector::RegisterFactory(factories);
  extensions::resource_monitors::fixed_heap::RegisterFactory(factories);
  extensions::resource_monitors::downstream_connections::RegisterFactory(factories);
  extensions::transport_sockets::proxy_protocol::RegisterFactory(factories);
  extensions::transport_sockets::tls::RegisterFactory(factories);
}

}  // namespace weir::exe
