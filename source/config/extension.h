// The configuration of an extension as the layers below it carry it: opaque and comparable.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/source.h"

namespace weir::config {

// Decoded by the extension's own config.cc; immutable, shared by generations. Any thread.
class ExtensionConfig {
 public:
  virtual ~ExtensionConfig() = default;
  // The name the factory is registered by, as "envoy.filters.http.router".
  virtual std::string_view extension_name() const = 0;
  // Same extension and same meaning: what uses it goes on undisturbed.
  virtual bool Equals(const ExtensionConfig& other) const = 0;
  // The secrets that it names: what it configures is unavailable without them.
  virtual const std::vector<SecretReference>& secrets() const {
    static const std::vector<SecretReference> kNone;
    return kNone;
  }
  // Of a transport socket: whether its handshake agrees on a protocol (ALPN).
  virtual bool negotiates_protocol() const { return false; }
};

// Both absent, or the same extension with the same meaning.
inline bool SameConfig(const std::shared_ptr<const ExtensionConfig>& a,
                       const std::shared_ptr<const ExtensionConfig>& b) {
  return a == b || (a != nullptr && b != nullptr && a->extension_name() == b->extension_name() &&
                    a->Equals(*b));
}

// An instance of an extension in a list: its name there and its configuration.
struct NamedExtension {
  std::string name;
  std::shared_ptr<const ExtensionConfig> config;

  friend bool operator==(const NamedExtension& a, const NamedExtension& b) {
    return a.name == b.name && SameConfig(a.config, b.config);
  }
};

}  // namespace weir::config
