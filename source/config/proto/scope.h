// Where a decoder stands: the path of the field it reads, and where its errors go.
//
// Scopes are made on the stack as a decoder goes down into a message, and point to the one above;
// the path becomes text only for an error. A scope must not outlive the one it was made from: the
// compiler refuses to keep one that was made from a temporary. One thread.
#pragma once

#include <chrono>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "source/base/hash_map.h"
#include "source/config/certificate_provider.h"
#include "source/schema/diagnostic.h"
#include "source/schema/supported.h"

namespace google::protobuf {
class Message;
}

namespace weir::config {
class Runtime;
class SharedParts;
struct UpstreamBind;
}  // namespace weir::config

namespace weir::config::proto {

class ExtensionDecoders;
class DataReader;

// What all scopes of one resource share. Whoever makes it keeps what it points to.
struct DecodeContext {
  const ExtensionDecoders& extensions;
  const DataReader& data;
  schema::Diagnostics& diagnostics;
  std::vector<schema::Unsupported>& ignored;
  // Fields that would be refused are noted as ignored (DecodeOptions).
  bool allow_unknown_fields = false;
  // Part of the bootstrap, not from a control plane.
  bool is_static = false;
  // What runtime keys refer to. Null: the defaults hold.
  const Runtime* runtime = nullptr;
  // Those of the bootstrap. Null: not known, and every instance may be one of them.
  const CertificateProviders* certificate_providers = nullptr;
  // For clusters that say nothing of their own. Null: nothing.
  std::shared_ptr<const UpstreamBind> upstream_bind = nullptr;
  // Where equal parts of resources are kept once. Null: nowhere.
  SharedParts* parts = nullptr;
  // Of the proxy that decodes; empty: it is not known.
  std::string node_id = {};
  // Whether changes of files are followed: those of streamed secrets are.
  bool follows_files = false;
  // What to watch for changes of the files that were read for DataSources so far.
  std::vector<std::string> files = {};
  // Clusters of the bootstrap, for tables with validate_clusters. Null: not known.
  const HashSet* known_clusters = nullptr;
  // Wall time. Nothing: what has expired is not known.
  std::optional<std::chrono::system_clock::time_point> now = std::nullopt;
};

class Scope {
 public:
  explicit Scope(DecodeContext& context) : context_(&context) {}

  // The scope of a field, of an element of a repeated field, of the value of a map's key.
  Scope Field(std::string_view name) const [[clang::lifetimebound]] {
    return Scope(this, name, {}, -1);
  }
  Scope Item(std::string_view name, int index) const [[clang::lifetimebound]] {
    return Scope(this, name, {}, index);
  }
  Scope Key(std::string_view name, std::string_view key [[clang::lifetimebound]]) const
      [[clang::lifetimebound]] {
    return Scope(this, name, key, -1);
  }

  // Adds an error about this place. `value` is shown unless it is empty.
  void Error(std::string_view message, std::string_view value = {}) const;
  void Error(const absl::Status& status) const;
  // For fields that this program knows but does not act upon: an error for each one that is set in
  // `message`.
  void RefuseSet(const google::protobuf::Message& message,
                 std::initializer_list<std::string_view> fields) const;
  // Notes each one that is set, which refuses nothing: without it the resource means the same.
  void IgnoreSet(const google::protobuf::Message& message,
                 std::initializer_list<std::string_view> fields, std::string_view reason) const;

  // "virtual_hosts[2].routes[0].route.timeout"
  std::string path() const;
  DecodeContext& context() const { return *context_; }

 private:
  Scope(const Scope* parent, std::string_view name, std::string_view key, int index)
      : context_(parent->context_), parent_(parent), name_(name), key_(key), index_(index) {}

  DecodeContext* context_;
  const Scope* parent_ = nullptr;
  std::string_view name_;
  std::string_view key_;
  int index_ = -1;
};

}  // namespace weir::config::proto
