#include "source/exe/extensions.h"
#include "source/extensions/access_logs/file/file.h"
#include "source/extensions/access_logs/stream/stream.h"
#include "source/extensions/listener/tls_inspector/tls_inspector.h"
#include "source/extensions/transport_sockets/tls/tls.h"

namespace weir::exe {

void RegisterFactories(filter::Factories& factories) {
  extensions::access_logs::file::RegisterFactory(factories);
  extensions::access_logs::stream::RegisterFactory(factories);
  extensions::listener::tls_inspector::RegisterFactory(factories);
  extensions::transport_sockets::tls::RegisterFactory(factories);
}

}  // namespace weir::exe
