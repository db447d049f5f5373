#include "source/exe/extensions.h"
#include "source/extensions/access_logs/file/config.h"
#include "source/extensions/access_logs/stream/config.h"
#include "source/extensions/listener/tls_inspector/config.h"
#include "source/extensions/transport_sockets/tls/config.h"

namespace weir::exe {

void RegisterDecoders(config::proto::ExtensionDecoders& decoders) {
  extensions::access_logs::file::RegisterDecoder(decoders);
  extensions::access_logs::stream::RegisterDecoder(decoders);
  extensions::listener::tls_inspector::RegisterDecoder(decoders);
  extensions::transport_sockets::tls::RegisterDecoder(decoders);
}

}  // namespace weir::exe
