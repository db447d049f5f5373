#include "source/base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <memory>

namespace weir::log {
namespace {

constexpr size_t kComponents = static_cast<size_t>(Component::kCount);
constexpr std::array<std::string_view, kComponents> kComponentNames = {
    "main",     "config", "connection", "http",    "router",
    "upstream", "xds",    "admin",      "control", "file"};
constexpr std::array<std::string_view, 7> kLevelNames = {"trace", "debug",    "info", "warn",
                                                         "error", "critical", "off"};

struct State {
  std::array<std::atomic<Level>, kComponents> levels;
  std::shared_ptr<spdlog::logger> logger;
};

// Made at the first line and never destroyed: threads may log until the process ends.
State& GetState() {
  static State* const state = [] {
    auto* made = new State;
    for (auto& level : made->levels) level.store(Level::kInfo, std::memory_order_relaxed);
    made->logger =
        std::make_shared<spdlog::logger>("weir", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->logger->set_pattern("[%Y-%m-%d %T.%e][%t]%v");
    made->logger->set_level(spdlog::level::trace);
    made->logger->flush_on(spdlog::level::warn);
    return made;
  }();
  return *state;
}

}  // namespace

std::string_view NameOf(Level level) { return kLevelNames[static_cast<size_t>(level)]; }
std::string_view NameOf(Component component) {
  return kComponentNames[static_cast<size_t>(component)];
}

std::optional<Level> ParseLevel(std::string_view name) {
  if (name == "warning") name = "warn";
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::optional<Component> ParseComponent(std::string_view name) {
  for (size_t i = 0; i < kComponents; ++i) {
    if (kComponentNames[i] == name) return static_cast<Component>(i);
  }
  return std::nullopt;
}

void SetLevel(Component component, Level level) {
  GetState().levels[static_cast<size_t>(component)].store(level, std::memory_order_relaxed);
}

void SetAllLevels(Level level) {
  for (auto& each : GetState().levels) each.store(level, std::memory_order_relaxed);
}

Level LevelOf(Component component) {
  return GetState().levels[static_cast<size_t>(component)].load(std::memory_order_relaxed);
}

bool SetFile(const std::string& path) {
  try {
    auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    sink->set_pattern("[%Y-%m-%d %T.%e][%t]%v");
    GetState().logger->sinks() = {std::move(sink)};
    return true;
  } catch (const spdlog::spdlog_ex&) {
    return false;
  }
}

bool Enabled(Component component, Level level) { return level >= LevelOf(component); }

void Write(Component component, Level level, std::string_view text) {
  GetState().logger->log(static_cast<spdlog::level::level_enum>(level), "[{}][{}] {}",
                         NameOf(level), NameOf(component), text);
}

}  // namespace weir::log
