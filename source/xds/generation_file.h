// The file that holds the last good generation: what was accepted of each type, behind a line with
// version, checksum and size, so that a torn or changed file is known as such.
//
//   weir-generation 1 6c62272e07bb0142 1234\n
//   weir.config.v1.GenerationFile
//
// Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "source/xds/resource_sink.h"

namespace weir::xds {

struct HeldGeneration {
  std::string node_id;  // Of the proxy that wrote it.
  std::vector<HeldType> types;
};

std::string SerializeGeneration(const HeldGeneration& generation);

// InvalidArgument, with what is wrong with it, when the bytes are not what SerializeGeneration
// made.
absl::StatusOr<HeldGeneration> ParseGeneration(std::string_view bytes);

}  // namespace weir::xds
