// The bootstrap of weir from its flags: read, merged, checked and decoded, with every error at its
// place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/config/bootstrap.h"
#include "source/config/proto/decode.h"
#include "source/exe/flags.h"

namespace weir::exe {

struct LoadedBootstrap {
  config::Bootstrap bootstrap;
  std::shared_ptr<const std::string>
      bytes;                         // envoy.config.bootstrap.v3.Bootstrap, for /config_dump.
  std::vector<std::string> ignored;  // "path: reason"
};

// The error has a line for each thing that is wrong: file:line:column: path: what.
absl::StatusOr<LoadedBootstrap> LoadBootstrap(const Flags& flags,
                                              const config::proto::DecodeOptions& options);

}  // namespace weir::exe
