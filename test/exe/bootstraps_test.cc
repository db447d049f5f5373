// Bootstraps as the control planes that people use make them: accepted, or refused for what is
// named here.
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "source/base/status.h"
#include "source/exe/bootstrap_file.h"
#include "source/exe/extensions.h"

namespace weir::exe {
namespace {

class TreeReader final : public config::proto::DataReader {
 public:
  absl::StatusOr<std::string> ReadFile(const std::string& path) const override {
    std::ifstream file(path);
    if (!file) return InvalidArgument(StrCat("cannot read ", path));
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
  }
  absl::StatusOr<std::string> ReadEnvironment(const std::string& variable) const override {
    return InvalidArgument(StrCat("there is no variable ", variable));
  }
};

absl::StatusOr<LoadedBootstrap> Load(std::string_view file) {
  config::proto::ExtensionDecoders decoders;
  RegisterDecoders(decoders);
  const TreeReader data;
  Flags flags;
  flags.config_path = StrCat("test/exe/bootstraps/", file);
  return LoadBootstrap(flags, {decoders, data});
}

TEST(Bootstraps, OfControlPlanesAreAccepted) {
  const struct {
    std::string_view file;
    size_t listeners, clusters;
    bool delta;
  } rows[] = {
      {"consul.json", 1, 2, true}, {"envoy_gateway.yaml", 1, 3, true},
      {"gloo.yaml", 1, 3, false},  {"go_control_plane.yaml", 0, 1, false},
      {"istio.json", 1, 3, true},  {"kuma.yaml", 0, 2, true},
  };
  for (const auto& row : rows) {
    const auto loaded = Load(row.file);
    ASSERT_TRUE(loaded.ok()) << row.file << "\n" << loaded.status();
    const config::Bootstrap& bootstrap = loaded->bootstrap;
    EXPECT_EQ(bootstrap.listeners.size(), row.listeners) << row.file;
    EXPECT_EQ(bootstrap.clusters.size(), row.clusters) << row.file;
    EXPECT_EQ(bootstrap.cds.kind, config::ConfigSource::Kind::kAds) << row.file;
    EXPECT_EQ(bootstrap.ads->delta, row.delta) << row.file;
  }
}

TEST(Bootstraps, WhatIsNotSupportedIsNamedAndNothingElse) {
  const struct {
    std::string_view file, error;
  } rows[] = {
      // Values of the runtime that change while the proxy runs.
      {"contour.json",
       "test/exe/bootstraps/contour.json:87:9: layered_runtime.layers[0].rtds_layer: field "
       "\"rtds_layer\" of envoy.config.bootstrap.v3.RuntimeLayer is not supported"},
  };
  for (const auto& row : rows) {
    const auto loaded = Load(row.file);
    ASSERT_FALSE(loaded.ok()) << row.file;
    EXPECT_EQ(MessageOf(loaded.status()), row.error);
  }
}

}  // namespace
}  // namespace weir::exe
