// Pages about the server as a whole: /ready, /server_info, /listeners.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "source/admin/address_text.h"
#include "source/admin/draft.h"
#include "source/admin/pages.h"
#include "source/base/strings.h"
#include "source/base/value.h"
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

// A key of the runtime: its value in each layer, "" where it has none, and the one that counts.
Value EntryOf(const std::vector<RuntimeLayer>& layers, std::string_view key) {
  Value::List values;
  std::string final_value;
  for (const RuntimeLayer& layer : layers) {
    const auto found = layer.values.find(key);
    const std::string value = found == layer.values.end() ? "" : found->second;
    if (found != layer.values.end()) final_value = value;
    values.push_back(Value::String(value));
  }
  return Value::FromFields({{"layer_values", Value::FromList(std::move(values))},
                            {"final_value", Value::String(final_value)}});
}

}  // namespace

Page RuntimePage(const Inputs& inputs, const Query&) {
  const std::vector<RuntimeLayer>& layers = inputs.view->runtime;
  Value::List names;
  std::set<std::string_view> keys;
  for (const RuntimeLayer& layer : layers) {
    names.push_back(Value::String(layer.name));
    for (const auto& [key, value] : layer.values) keys.insert(key);
  }
  Value::Fields entries;
  for (const std::string_view key : keys) {
    entries.emplace_back(std::string(key), EntryOf(layers, key));
  }
  std::string body;
  AppendJson(body, Value::FromFields({{"layers", Value::FromList(std::move(names))},
                                      {"entries", Value::FromFields(std::move(entries))}}));
  body += '\n';
  return JsonPage(std::move(body));
}

Page ContentionPage(const Inputs&, const Query&) {
  return TextPage(200,
                  "Mutex contention tracing is not enabled: no lock is taken for a request.\n");
}

Page InitDumpPage(const Inputs& inputs, const Query& query) {
  const auto message = NewDraftMessage("envoy.admin.v3.UnreadyTargetsDumps");
  const auto add = [&](std::string_view kind, const std::vector<Waiting>& waiting) {
    for (const Waiting& one : waiting) {
      Draft dump = Draft(*message).Add("unready_targets_dumps");
      dump.Text("name", StrCat(kind, one.name));
      for (const std::string& target : one.awaits) dump.FromText("target_names", target);
    }
  };
  add("listener ", inputs.view->waiting_listeners);
  if (query.Get("mask") != "listener") add("cluster ", inputs.view->waiting_clusters);
  return JsonPage(schema::MessageToJson(*message));
}

Page HotRestartVersionPage(const Inputs&, const Query&) { return TextPage(200, "disabled\n"); }

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
      for (const std::string& address : listener->additional_addresses) {
        StrAppend(text, listener->name, "::", address, "\n");
      }
    }
    return TextPage(200, std::move(text));
  }
  const auto message = NewDraftMessage("envoy.admin.v3.Listeners");
  for (const ListenerStatus* listener : listeners) {
    Draft status = Draft(*message).Add("listener_statuses");
    status.Text("name", listener->name);
    FillAddress(listener->address, status.Sub("local_address"));
    for (const std::string& address : listener->additional_addresses) {
      FillAddress(address, status.Add("additional_local_addresses"));
    }
  }
  return JsonPage(schema::MessageToJson(*message));
}

}  // namespace weir::admin
