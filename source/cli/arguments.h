// The command line of weirctl as a value. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::cli {

struct Arguments {
  std::string command;                // Empty with help or version.
  std::vector<std::string> operands;  // Files, or TYPE and NAME.
  std::string server = "127.0.0.1:18000";
  std::string message;
  bool json = false;
  bool dry_run = false;
  bool replace = false;
  bool help = false;
  bool version = false;
};

// `server_from_environment`: the value of WEIR_CONTROL, if set. An unknown flag or command is an
// error that names the nearest one.
absl::StatusOr<Arguments> ParseArguments(const std::vector<std::string>& words,
                                         const std::optional<std::string>& server_from_environment);

extern const char kUsageText[];

}  // namespace weir::cli
