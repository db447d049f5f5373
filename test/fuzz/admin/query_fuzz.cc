// The query of an admin request, the mask of fields that it may hold, and options of the command
// line by name, as /server_info shows them. Lines: a mask, a query, whose pairs are the options.
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "source/admin/draft.h"
#include "source/admin/field_mask.h"
#include "source/admin/query.h"
#include "source/base/check.h"
#include "test/fuzz/lines.h"

namespace weir::admin {
namespace {

void CheckQuery(std::string_view text) {
  const Query query(text);
  size_t bytes = 0;
  for (const auto& [name, value] : query.all()) {
    bytes += name.size() + value.size();
    WEIR_CHECK(query.Has(name), "what is listed is there");
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
  return 0;
}
