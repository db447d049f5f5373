// The application log: one line a call, by component and level, through spdlog.
//
//   WEIR_LOG(kConfig, kWarn, "rejected ", name, ": ", MessageOf(status));
//
// Any thread. A line is formatted only when its component logs at that level (one relaxed load).
// Levels are set at start by -l and --component-log-level and at run time by the admin server's
// /logging. Secrets never come here: what is logged of a configuration went through schema's
// redaction.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "source/base/strings.h"

namespace weir::log {

// In the order of severity; the names are spdlog's, which Envoy's users know from `-l`.
enum class Level : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kCritical, kOff };

enum class Component : uint8_t {
  kMain,
  kConfig,
  kConnection,
  kHttp,
  kRouter,
  kUpstream,
  kXds,
  kAdmin,
  kControl,
  kFile,
  kCount,
};

std::string_view NameOf(Level level);
std::string_view NameOf(Component component);
// "warning" is taken for "warn", as Envoy does.
std::optional<Level> ParseLevel(std::string_view name);
std::optional<Component> ParseComponent(std::string_view name);

void SetLevel(Component component, Level level);
void SetAllLevels(Level level);
Level LevelOf(Component component);

// Sends lines to `path` (appended) rather than to standard error. False when it cannot be opened.
bool SetFile(const std::string& path);

bool Enabled(Component component, Level level);
void Write(Component component, Level level, std::string_view text);

}  // namespace weir::log

#define WEIR_LOG(component, level, ...)                                                     \
  do {                                                                                      \
    if (::weir::log::Enabled(::weir::log::Component::component, ::weir::log::Level::level)) \
      ::weir::log::Write(::weir::log::Component::component, ::weir::log::Level::level,      \
                         ::weir::StrCat(__VA_ARGS__));                                      \
  } while (false)
