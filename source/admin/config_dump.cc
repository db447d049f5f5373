#include "source/admin/config_dump.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "re2/re2.h"
#include "source/admin/draft.h"
#include "source/base/strings.h"
#include "source/schema/full_pool.h"
#include "source/schema/resource_type.h"
#include "weir/admin/v1/config_dump.pb.h"

namespace weir::admin {
namespace {

using google::protobuf::Message;

// Where the dump of one resource type keeps what.
struct Shape {
  std::string_view type_url;
  std::string_view dump;
  std::string_view version;  // The dump's own; empty where it has none, as for all of these.
  std::string_view static_list;
  std::string_view dynamic_list;
  std::string_view warming_list;  // Empty: warming resources are in dynamic_list.
  std::string_view resource;      // In an element.
};
constexpr std::string_view kBootstrapTypeUrl =
    "type.googleapis.com/envoy.config.bootstrap.v3.Bootstrap";
constexpr Shape kClusters = {schema::kClusterTypeUrl,
                             "envoy.admin.v3.ClustersConfigDump",
                             "version_info",
                             "static_clusters",
                             "dynamic_active_clusters",
                             "dynamic_warming_clusters",
                             "cluster"};
constexpr Shape kEndpoints = {schema::kClusterLoadAssignmentTypeUrl,
                              "envoy.admin.v3.EndpointsConfigDump",
                              "",
                              "static_endpoint_configs",
                              "dynamic_endpoint_configs",
                              "",
                              "endpoint_config"};
constexpr Shape kListeners = {schema::kListenerTypeUrl,
                              "envoy.admin.v3.ListenersConfigDump",
                              "version_info",
                              "static_listeners",
                              "dynamic_listeners",
                              "",
                              "listener"};
constexpr Shape kRoutes = {schema::kRouteConfigurationTypeUrl,
                           "envoy.admin.v3.RoutesConfigDump",
                           "",
                           "static_route_configs",
                           "dynamic_route_configs",
                           "",
                           "route_config"};

// The records that are wished for, by name.
std::vector<const ResourceRecord*> RecordsOf(const ResourceSet& set, const DumpWish& wish) {
  std::vector<const ResourceRecord*> records;
  set.records.ForEach([&](std::string_view name, const ResourceRecord& record) {
    if (wish.name == nullptr || re2::RE2::FullMatch({name.data(), name.size()}, *wish.name))
      records.push_back(&record);
  });
  std::sort(records.begin(), records.end(),
            [](const auto* a, const auto* b) { return a->name() < b->name(); });
  return records;
}

void FillStatus(const ResourceRecord& record, std::string_view type_url, Draft element) {
  element.Enum("client_status", record.error() != nullptr ? "NACKED" : "ACKED");
  if (record.error() == nullptr) return;
  const ResourceRecord::Error& error = *record.error();
  Draft state = element.Sub("error_state");
  state.Time("last_update_attempt", error.last_attempt)
      .Text("details", error.details)
      .Text("version_info", error.version);
  if (error.bytes.empty()) return;
  // Bytes that are no such message cannot be redacted: they stay inside.
  const auto readable = schema::NewMessageByTypeUrl(type_url);
  if (readable == nullptr || !readable->ParsePartialFromString(error.bytes)) return;
  state.Any("failed_configuration", type_url, error.bytes);
}

// A listener's element names the listener, and has a state for each version that lives.
void FillListener(const ResourceRecord& record, Draft element) {
  element.Text("name", record.name());
  FillStatus(record, kListeners.type_url, element);
  if (!record.accepted) return;
  element.Sub(record.warming ? "warming_state" : "active_state")
      .Text("version_info", record.content.version())
      .Any("listener", kListeners.type_url, record.content.bytes())
      .Time("last_updated", record.last_updated);
}

void FillDynamic(const Shape& shape, const ResourceRecord& record, Draft element) {
  FillStatus(record, shape.type_url, element);
  if (!record.accepted) return;
  element.Text("version_info", record.content.version())
      .Any(shape.resource, shape.type_url, record.content.bytes())
      .Time("last_updated", record.last_updated);
}

std::unique_ptr<Message> DumpOf(const Shape& shape, const View& view, const DumpWish& wish) {
  auto message = NewDraftMessage(shape.dump);
  Draft dump(*message);
  for (const ResourceSet& set : view.resources) {
    if (set.type_url != shape.type_url) continue;
    if (!shape.version.empty()) dump.Text(shape.version, set.version);
    for (const ResourceRecord* record : RecordsOf(set, wish)) {
      if (record->is_static) {
        Draft element = dump.Add(shape.static_list);
        if (record->accepted) {
          element.Any(shape.resource, shape.type_url, record->content.bytes());
        }
        element.Time("last_updated", record->last_updated);
      } else if (&shape == &kListeners) {
        FillListener(*record, dump.Add(shape.dynamic_list));
      } else {
        // What was refused from the start is not active either.
        const bool warming = !shape.warming_list.empty() && (record->warming || !record->accepted);
        FillDynamic(shape, *record, dump.Add(warming ? shape.warming_list : shape.dynamic_list));
      }
    }
  }
  return message;
}

std::unique_ptr<Message> BootstrapDump(const View& view) {
  auto message = NewDraftMessage("envoy.admin.v3.BootstrapConfigDump");
  Draft dump(*message);
  if (view.bootstrap_bytes != nullptr) dump.Parse("bootstrap", *view.bootstrap_bytes);
  dump.Time("last_updated", view.bootstrap_last_updated);
  return message;
}

// Null when nothing was ignored.
std::unique_ptr<Message> IgnoredDump(const View& view, const DumpWish& wish) {
  auto dump = std::make_unique<weir::admin::v1::IgnoredConfigDump>();
  const auto add = [&](std::string_view type_url, std::string_view name,
                       const std::vector<std::string>& fields) {
    if (fields.empty()) return;
    auto& resource = *dump->add_resources();
    resource.set_type_url(std::string(type_url));
    resource.set_name(std::string(name));
    for (const std::string& field : fields) resource.add_fields(field);
  };
  add(kBootstrapTypeUrl, "", view.bootstrap_ignored);
  for (const ResourceSet& set : view.resources) {
    for (const ResourceRecord* record : RecordsOf(set, wish)) {
      if (record->remarks != nullptr) {
        add(set.type_url, record->name(), record->remarks->ignored);
      }
    }
  }
  if (dump->resources().empty()) return nullptr;
  return dump;
}

}  // namespace

std::vector<std::unique_ptr<Message>> DumpMessages(const View& view, const DumpWish& wish) {
  std::vector<std::unique_ptr<Message>> dumps;
  dumps.push_back(BootstrapDump(view));
  dumps.push_back(DumpOf(kClusters, view, wish));
  if (wish.endpoints) dumps.push_back(DumpOf(kEndpoints, view, wish));
  dumps.push_back(DumpOf(kListeners, view, wish));
  dumps.push_back(DumpOf(kRoutes, view, wish));
  if (auto ignored = IgnoredDump(view, wish)) dumps.push_back(std::move(ignored));
  return dumps;
}

}  // namespace weir::admin
