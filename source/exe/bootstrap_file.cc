#include "source/exe/bootstrap_file.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/status.h"
#include "source/exe/version.h"
#include "source/schema/config_text.h"

namespace weir::exe {
namespace {

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return FromErrno(errno, StrCat("cannot read the bootstrap ", path));
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return FromErrno(errno, StrCat("cannot read the bootstrap ", path));
  return std::move(text).str();
}

}  // namespace

absl::StatusOr<LoadedBootstrap> LoadBootstrap(const Flags& flags,
                                              const config::proto::DecodeOptions& options) {
  if (flags.config_path.empty() && flags.config_yaml.empty()) {
    return InvalidArgument("no bootstrap: give one with -c FILE or --config-yaml TEXT");
  }
  struct Text {
    std::string file;
    std::string text;
    schema::SourceText::Format format;
  };
  std::vector<Text> texts;
  if (!flags.config_path.empty()) {
    WEIR_ASSIGN_OR_RETURN(std::string text, ReadWhole(flags.config_path));
    texts.push_back({flags.config_path, std::move(text), schema::SourceText::Format::kByName});
  }
  if (!flags.config_yaml.empty()) {
    texts.push_back({"--config-yaml", flags.config_yaml, schema::SourceText::Format::kYaml});
  }

  envoy::config::bootstrap::v3::Bootstrap message;
  schema::Diagnostics diagnostics;
  std::vector<schema::ReadResult> read;
  std::vector<schema::Unsupported> ignored;
  for (const Text& text : texts) {
    envoy::config::bootstrap::v3::Bootstrap part;
    read.push_back(schema::ReadMessage({text.text, text.file, text.format},
                                       options.extensions.Known(), part, diagnostics,
                                       options.missing_fields()));
    ignored.insert(ignored.end(), read.back().ignored.begin(), read.back().ignored.end());
    message.MergeFrom(part);
  }
  if (!flags.service_node.empty()) message.mutable_node()->set_id(flags.service_node);
  if (!flags.service_cluster.empty()) message.mutable_node()->set_cluster(flags.service_cluster);
  // As Envoy does: who the control plane is talking to.
  if (message.node().user_agent_name().empty()) {
    message.mutable_node()->set_user_agent_name("weir");
    message.mutable_node()->set_user_agent_version(std::string(kVersion));
  }
  std::optional<config::Bootstrap> bootstrap;
  if (!diagnostics.has_errors()) {
    bootstrap = config::proto::DecodeBootstrap(message, options, diagnostics, ignored);
  }
  if (!bootstrap.has_value()) {
    // Errors of decoding know their path; the first text that has it gives the place.
    for (const schema::ReadResult& result : read) result.source.Locate(diagnostics);
    diagnostics.Sort();
    return InvalidArgument(diagnostics.ToString());
  }
  LoadedBootstrap loaded;
  loaded.bootstrap = *std::move(bootstrap);
  for (const auto& [name, value] : flags.stats_tags) {
    loaded.bootstrap.stats.tags.push_back({.name = name, .fixed_value = value, .regex = {}});
  }
  loaded.bytes = std::make_shared<const std::string>(message.SerializeAsString());
  for (const schema::Unsupported& each : ignored) {
    loaded.ignored.push_back(StrCat(each.path, ": ", each.ToString(), " (", each.reason, ")"));
  }
  return loaded;
}

}  // namespace weir::exe
