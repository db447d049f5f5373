// The pages that ask for an action.
#include <utility>
#include <vector>

#include "source/admin/pages.h"
#include "source/base/log.h"
#include "source/base/strings.h"

namespace weir::admin {
namespace {

using Levels = std::vector<std::pair<log::Component, log::Level>>;

constexpr size_t kComponents = static_cast<size_t>(log::Component::kCount);

Page Done(Action action) {
  Page page = TextPage(200, "OK\n");
  page.action = std::move(action);
  return page;
}

Page LoggingError(std::string_view what) {
  return TextPage(400, StrCat("error: ", what,
                              "\n\nusage: /logging?level=<level>\n"
                              "       /logging?paths=<component>:<level>,<component>:<level>\n"
                              "       /logging?<component>=<level>\n"
                              "levels: trace debug info warning error critical off\n"));
}

// Appends one setting; says what is wrong with it, or nothing.
std::string AddLevel(std::string_view component, std::string_view level, Levels& levels) {
  const auto parsed_level = log::ParseLevel(level);
  if (!parsed_level.has_value()) return StrCat("there is no level \"", level, "\"");
  if (component.empty()) {
    for (size_t i = 0; i < kComponents; ++i)
      levels.emplace_back(static_cast<log::Component>(i), *parsed_level);
    return "";
  }
  const auto parsed_component = log::ParseComponent(component);
  if (!parsed_component.has_value()) return StrCat("there is no component \"", component, "\"");
  levels.emplace_back(*parsed_component, *parsed_level);
  return "";
}

std::string AddPaths(std::string_view list, Levels& levels) {
  for (const std::string_view part : Split(list, ',')) {
    const size_t colon = part.find(':');
    if (colon == 0 || colon == std::string_view::npos) {
      return StrCat("\"", part, "\" is not component:level");
    }
    std::string error = AddLevel(part.substr(0, colon), part.substr(colon + 1), levels);
    if (!error.empty()) return error;
  }
  return "";
}

}  // namespace

Page LoggingPage(const Inputs&, const Query& query) {
  Levels levels;
  for (const auto& [name, value] : query.all()) {
    std::string error = name == "paths"   ? AddPaths(value, levels)
                        : name == "level" ? AddLevel("", value, levels)
                        : name.empty()    ? StrCat("\"=", value, "\" names no component")
                                          : AddLevel(name, value, levels);
    if (!error.empty()) return LoggingError(error);
  }
  log::Level shown[kComponents];
  for (size_t i = 0; i < kComponents; ++i) shown[i] = log::LevelOf(static_cast<log::Component>(i));
  for (const auto& [component, level] : levels) shown[static_cast<size_t>(component)] = level;
  Page page = TextPage(200, "active loggers:\n");
  for (size_t i = 0; i < kComponents; ++i) {
    StrAppend(page.body, "  ", log::NameOf(static_cast<log::Component>(i)), ": ",
              log::NameOf(shown[i]), "\n");
  }
  if (!levels.empty())
    page.action = Action{.kind = Action::Kind::kSetLogLevels, .levels = std::move(levels)};
  return page;
}

Page FailHealthCheckPage(const Inputs&, const Query&) {
  return Done({.kind = Action::Kind::kFailHealthCheck});
}
Page PassHealthCheckPage(const Inputs&, const Query&) {
  return Done({.kind = Action::Kind::kPassHealthCheck});
}
Page QuitPage(const Inputs&, const Query&) { return Done({.kind = Action::Kind::kQuit}); }

Page ReopenLogsPage(const Inputs&, const Query&) {
  return Done({.kind = Action::Kind::kReopenLogs});
}

Page ModifyRuntimePage(const Inputs&, const Query&) {
  return TextPage(503, "No admin layer specified\n");
}

Page DrainListenersPage(const Inputs&, const Query& query) {
  const DrainRequest drain{.graceful = query.Has("graceful"),
                           .inbound_only = query.Has("inboundonly"),
                           .skip_exit = query.Has("skip_exit")};
  if (drain.skip_exit && !drain.graceful) return TextPage(400, "skip_exit requires graceful\n");
  return Done({.kind = Action::Kind::kDrainListeners, .drain = drain});
}

}  // namespace weir::admin
