#include "source/filter/factories.h"

#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::filter {

absl::StatusOr<std::shared_ptr<const net::TransportSocketFactory>> MakeTransport(
    const config::ExtensionConfig& config, const TransportNeeds& needs) {
  const auto& makers = needs.factories.transport_sockets;
  const auto found = makers.find(config.extension_name());
  if (found == makers.end()) {
    return InvalidArgument(
        StrCat("this program has no transport socket \"", config.extension_name(), "\""));
  }
  return found->second(config, needs);
}

}  // namespace weir::filter
