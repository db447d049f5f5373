// The query of an admin request, the mask of fields that it may hold, and options of the command
// line by name, as /server_info shows them, and a dump. Lines: a mask, a query, whose pairs are the
// options and what is dumped.
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/admin/draft.h"
#include "source/admin/field_mask.h"
#include "source/admin/query.h"
#include "source/base/check.h"
#include "source/base/encoding.h"
#include "source/base/strings.h"
#include "source/event/clock.h"
#include "test/fuzz/lines.h"

namespace weir::admin {
namespace {

void CheckQuery(std::string_view text) {
  const Query query(text);
  size_t bytes = 0;
  for (const auto& [name, value] : query.all()) {
    bytes += name.size() + value.size();
    WEIR_CHECK(query.Has(name), "what is listed is there");
    const auto first = query.Get(name);
    WEIR_CHECK(first.has_value() && first->size() <= text.size(), "and has a value, the first one");
  }
  WEIR_CHECK(bytes <= text.size(), "no escape makes it longer");
}

void CheckOptions(std::string_view text) {
  const auto options = NewDraftMessage("envoy.admin.v3.CommandLineOptions");
  const Query query(text);
  for (const auto& [name, value] : query.all()) {
    const bool taken = Draft(*options).FromText(name, value);
    const bool known = options->GetDescriptor()->FindFieldByName(std::string(name)) != nullptr;
    WEIR_CHECK(!taken || known, "what is taken has a field");
  }
  const auto info = NewDraftMessage("envoy.admin.v3.ServerInfo");
  if (Draft(*info).Parse("node", std::string(text))) {
    const std::string again = Draft(*info).Sub("node").message().SerializePartialAsString();
    WEIR_CHECK(Draft(*info).Parse("node", again), "what was read can be written");
  }
}

// A dump of whatever stands in a query, as a page of the server writes one.
void CheckDump(std::string_view text) {
  const auto dump = NewDraftMessage("envoy.admin.v3.ClustersConfigDump");
  const Query query(text);
  for (const auto& [name, value] : query.all()) {
    if (!IsUtf8(name) || !IsUtf8(value)) continue;  // As what came in messages is.
    const auto number = ParseUint64(value).value_or(0) % (uint64_t{1} << 62);
    Draft one = Draft(*dump).Add("dynamic_active_clusters");
    one.Text("version_info", name)
        .Any("cluster", name, value)
        .Enum("client_status", name)
        .Time("last_updated", event::SystemTime(std::chrono::nanoseconds(number)));
    Draft(*dump).Text("version_info", value);
  }
  const std::string bytes = dump->SerializePartialAsString();
  const auto again = NewDraftMessage("envoy.admin.v3.ClustersConfigDump");
  WEIR_CHECK(again->ParsePartialFromString(bytes), "what was written can be read");
  WEIR_CHECK(again->ByteSizeLong() == dump->ByteSizeLong(), "and is as much");
  FieldMask("dynamic_active_clusters.cluster.name").Trim(*again);
  WEIR_CHECK(again->ByteSizeLong() <= dump->ByteSizeLong(), "a part is no more than the whole");
}

void CheckMask(std::string_view text) {
  const FieldMask mask(text);
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name("c");
  cluster.mutable_connect_timeout()->set_seconds(1);
  cluster.mutable_load_assignment()->add_endpoints()->add_lb_endpoints();
  const envoy::config::cluster::v3::Cluster inner = cluster;
  (*cluster.mutable_typed_extension_protocol_options())["p"].PackFrom(inner);
  cluster.mutable_transport_socket()->mutable_typed_config()->set_type_url("none/none");
  const size_t before = cluster.ByteSizeLong();
  (void)mask.Fits(*envoy::config::cluster::v3::Cluster::descriptor());
  mask.Trim(cluster);
  WEIR_CHECK(cluster.ByteSizeLong() <= before, "a part is no more than the whole");
}

}  // namespace
}  // namespace weir::admin

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = weir::TextOf(data, size);
  weir::admin::CheckMask(weir::TakeLine(rest));
  weir::admin::CheckQuery(rest);
  weir::admin::CheckOptions(rest);
  weir::admin::CheckDump(rest);
  return 0;
}
