// The command line of weirctl as a value. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::cli {

struct Arguments {
  std::string command;                // Empty with help or version.
  std::vector<std::string> operands;  // Files, or TYPE and NAME, or what stands after ca and token.
  std::string server = "127.0.0.1:18000";
  std::string message;
  // How the server is met when it speaks TLS: files.
  std::string trusted;
  std::string certificate;
  std::string key;
  std::string token_file;
  // For ca and token.
  std::string trust_domain;
  std::string out;
  std::vector<std::string> dns_names;
  std::chrono::seconds valid_for{0};  // 0: the command's own.
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
