// Pages about the server as a whole: /ready, /server_info, /listeners.
#include <algorithm>
#include <string>
#include <vector>

#include "source/admin/address_text.h"
#include "source/admin/draft.h"
#include "source/admin/pages.h"
#include "source/base/strings.h"
#include "source/schema/proto_to_text.h"

namespace weir::admin {
namespace {

ServerState StateOf(const View& view) {
  return view.state == ServerState::kLive && view.health_check_failed ? ServerState::kDraining
                                                                      : view.state;
}

std::string_view NameOf(ServerState state) {
  switch (state) {
    case ServerState::kLive:
      return "LIVE";
    case ServerState::kDraining:
      return "DRAINING";
    case ServerState::kPreInitializing:
      return "PRE_INITIALIZING";
    case ServerState::kInitializing:
      return "INITIALIZING";
  }
  return "";
}

}  // namespace

Page ReadyPage(const Inputs& inputs, const Query&) {
  const ServerState state = StateOf(*inputs.view);
  return TextPage(state == ServerState::kLive ? 200 : 503, StrCat(NameOf(state), "\n"));
}

Page ServerInfoPage(const Inputs& inputs, const Query&) {
  const View& view = *inputs.view;
  const auto message = NewDraftMessage("envoy.admin.v3.ServerInfo");
  Draft info(*message);
  info.Text("version", view.version)
      .Enum("state", NameOf(StateOf(view)))
      .Seconds("uptime_current_epoch", view.uptime_current_epoch)
      .Seconds("uptime_all_epochs", view.uptime_all_epochs)
      .Text("hot_restart_version", "disabled");
  Draft options = info.Sub("command_line_options");
  options.Number("concurrency", view.concurrency);
  for (const auto& [name, value] : view.command_line_options) options.FromText(name, value);
  info.Parse("node", view.node_bytes);
  return JsonPage(schema::MessageToJson(*message, {.always_print_primitives = true}));
}

Page ListenersPage(const Inputs& inputs, const Query& query) {
  std::vector<const ListenerStatus*> listeners;
  for (const ListenerStatus& listener : inputs.view->listeners) listeners.push_back(&listener);
  std::sort(listeners.begin(), listeners.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  if (query.Get("format") != "json") {
    std::string text;
    for (const ListenerStatus* listener : listeners) {
      StrAppend(text, listener->name, "::", listener->address, "\n");
    }
    return TextPage(200, std::move(text));
  }
  const auto message = NewDraftMessage("envoy.admin.v3.Listeners");
  for (const ListenerStatus* listener : listeners) {
    Draft status = Draft(*message).Add("listener_statuses");
    status.Text("name", listener->name);
    FillAddress(listener->address, status.Sub("local_address"));
  }
  return JsonPage(schema::MessageToJson(*message));
}

}  // namespace weir::admin
