#include "source/control/ca/identity_rules.h"

#include <algorithm>

#include "source/base/strings.h"
#include "source/control/ca/authority.h"
#include "source/schema/config_text.h"
#include "weir/control/v1/identities.pb.h"

namespace weir::control::ca {
namespace {

// "*" stands for any end, and only there.
bool Covers(std::string_view pattern, std::string_view id) {
  if (!pattern.ends_with('*')) return pattern == id;
  return id.starts_with(pattern.substr(0, pattern.size() - 1));
}

void CheckPath(const std::string& at, const std::string& path, schema::Diagnostics& diagnostics) {
  if (!IsIdentityPath(path)) {
    diagnostics.Error(at + ".path",
                      StrCat("\"", path, "\" is no path of an identity, as /demo/frontend is"));
  } else if (path.starts_with("/weir/")) {
    diagnostics.Error(at + ".path", "what begins with /weir/ is the control plane's own");
  }
}

IdentityRule ReadRule(const v1::WorkloadIdentity& message, const std::string& at,
                      schema::Diagnostics& diagnostics) {
  IdentityRule rule;
  rule.path = message.path();
  CheckPath(at, rule.path, diagnostics);
  rule.nodes = {message.nodes().begin(), message.nodes().end()};
  if (rule.nodes.empty()) {
    diagnostics.Error(at + ".nodes", "an identity that no node may have is of no use");
  }
  for (size_t i = 0; i < rule.nodes.size(); ++i) {
    const size_t star = rule.nodes[i].find('*');
    if (rule.nodes[i].empty() || (star != std::string::npos && star + 1 != rule.nodes[i].size())) {
      diagnostics.Error(StrCat(at, ".nodes[", i, "]"),
                        "must be the id of a node, or the beginning of one and \"*\"");
    }
  }
  rule.cluster = message.cluster();
  rule.dns_names = {message.dns_names().begin(), message.dns_names().end()};
  if (message.has_lifetime()) rule.lifetime = std::chrono::seconds(message.lifetime().seconds());
  if (rule.lifetime < IdentityRules::kShortestLife) {
    diagnostics.Error(at + ".lifetime", "must be at least 60s");
  }
  return rule;
}

}  // namespace

IdentityRules IdentityRules::Parse(const std::string& file, std::string_view text,
                                   schema::Diagnostics& diagnostics) {
  v1::Identities message;
  schema::Diagnostics found;
  const schema::ReadResult read = schema::ReadMessage(
      {.text = text, .file = file}, [](std::string_view) { return false; }, message, found);
  IdentityRules rules;
  if (read.ok) {
    for (int i = 0; i < message.identities_size(); ++i) {
      rules.rules_.push_back(ReadRule(message.identities(i), StrCat("identities[", i, "]"), found));
    }
    read.source.Locate(found);
  }
  found.Sort();
  const bool good = !found.has_errors();
  diagnostics.Append(std::move(found));
  return good ? rules : IdentityRules();
}

absl::StatusOr<const IdentityRule*> IdentityRules::Find(std::string_view path,
                                                        const engine::Node& node) const {
  bool known = false;
  for (const IdentityRule& rule : rules_) {
    if (rule.path != path) continue;
    known = true;
    const bool covered =
        std::any_of(rule.nodes.begin(), rule.nodes.end(),
                    [&](const std::string& pattern) { return Covers(pattern, node.id); });
    if (covered && (rule.cluster.empty() || rule.cluster == node.cluster)) return &rule;
  }
  return absl::PermissionDeniedError(ToAbsl(
      known ? StrCat("the identity ", path, " is not for node \"", node.id, "\" of cluster \"",
                     node.cluster, "\"; its `nodes` and `cluster` say whom it is for")
            : StrCat("there is no identity ", path, " in the file of --identities")));
}

}  // namespace weir::control::ca
