// Transports of clusters and filter chains from their configuration and today's secrets. Main
// thread.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "source/base/hash_map.h"
#include "source/config/extension.h"
#include "source/net/transport_socket.h"
#include "source/server/resource_compiler.h"
#include "source/server/secret_director.h"

namespace weir::server {

class TransportMaker {
 public:
  using Transport = std::shared_ptr<const net::TransportSocketFactory>;

  // Both outlive it.
  TransportMaker(const ResourceCompiler& compiler, SecretDirector& secrets)
      : compiler_(compiler), secrets_(secrets) {}

  SecretDirector& secrets() const { return secrets_; }

  // Whether it can be waited for: the static secrets exist, and where all secrets are there it can
  // be made.
  absl::Status Check(const config::ExtensionConfig& socket) const;
  // A transport whose connections fail where a secret is missing.
  absl::StatusOr<Transport> Make(const config::ExtensionConfig& socket,
                                 const config::SecretLookup& secrets) const {
    return compiler_.MakeTransport(socket, secrets);
  }
  // The same where it cannot be made; `owner`, such as "cluster \"web\"", and the reason are
  // logged.
  Transport MakeOrFail(const config::ExtensionConfig& socket, std::string_view owner) const;

 private:
  const ResourceCompiler& compiler_;
  SecretDirector& secrets_;
};

// Whether `socket`, which may be null, names one of the secrets of those keys.
bool NamesAny(const config::ExtensionConfig* socket, const HashSet& keys);

}  // namespace weir::server
