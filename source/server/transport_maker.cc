#include "source/server/transport_maker.h"

#include <algorithm>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/net/failing_transport_socket.h"

namespace weir::server {

absl::Status TransportMaker::Check(const config::ExtensionConfig& socket) const {
  const std::vector<config::SecretReference>& references = socket.secrets();
  WEIR_RETURN_IF_ERROR(secrets_.Check(references));
  if (references.empty() || !secrets_.Settled(references)) return absl::OkStatus();
  return Make(socket, secrets_.lookup()).status();
}

TransportMaker::Transport TransportMaker::MakeOrFail(const config::ExtensionConfig& socket,
                                                     std::string_view owner) const {
  absl::StatusOr<Transport> made = Make(socket, secrets_.lookup());
  if (made.ok()) return *std::move(made);
  WEIR_LOG(kConfig, kError, owner, ": ", MessageOf(made.status()));
  return std::make_shared<const net::FailingTransportSocketFactory>(
      StrCat("TLS_error: ", MessageOf(made.status())));
}

bool NamesAny(const config::ExtensionConfig* socket, const HashSet& keys) {
  if (socket == nullptr) return false;
  const std::vector<config::SecretReference>& references = socket->secrets();
  return std::any_of(references.begin(), references.end(),
                     [&](const auto& reference) { return keys.contains(reference.key()); });
}

}  // namespace weir::server
