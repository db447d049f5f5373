// weirctl: one command of the user, from words to an exit code.
//
// Everything outside comes in: output, files, environment, the data plane's validator. One thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/cli/arguments.h"
#include "source/control/validation/validation.h"
#include "source/event/clock.h"
#include "source/event/files.h"
#include "weir/control/v1/control.pb.h"

namespace weir::cli {

struct Surroundings {
  std::function<void(const std::string&)> out;
  std::function<void(const std::string&)> error;
  std::function<absl::StatusOr<std::string>(const std::string& path)> read;
  std::optional<std::string> server;      // WEIR_CONTROL
  std::optional<std::string> trusted;     // WEIR_CONTROL_CA_BUNDLE
  std::optional<std::string> token_file;  // WEIR_CONTROL_TOKEN_FILE
  std::string author;                     // Who pushes.
  std::string version;
  control::validation::Validator validator;
  // For the commands of the authority; they outlive the call.
  event::Files* files = nullptr;
  const event::Clock* clock = nullptr;
  // With mode 0700; nothing happens when it is there.
  std::function<absl::Status(const std::string& path)> make_directory;
};

enum ExitCode { kDone = 0, kRefused = 1, kUsage = 2, kUnreachable = 3 };

// The whole program. `words` without the program's name.
int Run(const std::vector<std::string>& words, const Surroundings& surroundings);

}  // namespace weir::cli
