#include "source/filter/factories.h"

#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::filter {

absl::StatusOr<std::shared_ptr<const net::TransportSocketFactory>> MakeTransport(
    const Factories& factories, const config::ExtensionConfig& config,
    const config::SecretLookup& secrets) {
  const auto found = factories.transport_sockets.find(config.extension_name());
  if (found == factories.transport_sockets.end()) {
    return InvalidArgument(
        StrCat("this program has no transport socket \"", config.extension_name(), "\""));
  }
  return found->second(config, secrets, factories);
}

}  // namespace weir::filter
