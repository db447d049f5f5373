// Which node may have which identity, as --identities says (weir/control/v1/identities.proto).
// Immutable; any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/control/engine/request.h"
#include "source/schema/diagnostic.h"

namespace weir::control::ca {

struct IdentityRule {
  std::string path;
  std::vector<std::string> nodes;  // Ids, or a beginning and "*".
  std::string cluster;             // Empty: any.
  std::vector<std::string> dns_names;
  std::chrono::seconds lifetime{std::chrono::hours(24)};

  bool operator==(const IdentityRule&) const = default;
};

class IdentityRules {
 public:
  static constexpr std::chrono::seconds kShortestLife{60};

  IdentityRules() = default;
  // YAML or JSON. Empty with errors, which name file, line and column.
  static IdentityRules Parse(const std::string& file, std::string_view text,
                             schema::Diagnostics& diagnostics);

  // The rule by which `node` has the identity `path`, valid as long as this. kPermissionDenied,
  // with what would be right, when there is none.
  absl::StatusOr<const IdentityRule*> Find(std::string_view path, const engine::Node& node) const;
  size_t size() const { return rules_.size(); }

 private:
  std::vector<IdentityRule> rules_;
};

}  // namespace weir::control::ca
