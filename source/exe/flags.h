// The command line of weir, by the names that Envoy's users know.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/log.h"

namespace weir::exe {

struct Flags {
  std::string config_path;  // -c, --config-path
  std::string config_yaml;  // --config-yaml: merged over the file
  enum class Mode { kServe, kValidate } mode = Mode::kServe;
  uint32_t concurrency = 0;  // Not given, or 0: one for each hardware thread.
  log::Level log_level = log::Level::kInfo;
  std::vector<std::pair<log::Component, log::Level>> component_log_levels;
  std::string log_path;
  std::string service_node;
  std::string service_cluster;
  std::string admin_address_path;
  std::chrono::seconds drain_time{600};
  std::chrono::milliseconds file_flush_interval{10000};
  bool allow_unknown_static_fields = false;
  bool reject_unknown_dynamic_fields = false;
  bool ignore_unknown_dynamic_fields = false;
  bool drain_gradually = true;                                  // --drain-strategy
  std::vector<std::pair<std::string, std::string>> stats_tags;  // --stats-tag: of every stat.
  bool version = false;
  bool hot_restart_version = false;
  bool help = false;
  // Everything that was given, for /server_info.
  std::vector<std::pair<std::string, std::string>> given;
};

// The error says which flag, which value and what would be right.
absl::StatusOr<Flags> ParseFlags(const std::vector<std::string>& arguments);
std::string HelpText();
std::string VersionText();

}  // namespace weir::exe
