// Bytes of a discovery stream at both of its ends, and of the file of the last good generation.
// The first byte chooses which.
#include "source/base/check.h"
#include "source/control/engine/request.h"
#include "source/xds/generation_file.h"
#include "source/xds/resource_sink.h"
#include "source/xds/wire.h"
#include "test/fuzz/lines.h"

namespace weir {
namespace {

void ReadAnswer(xds::Variant variant, std::string_view bytes) {
  const auto response = xds::ParseResponse(variant, bytes);
  if (!response.ok()) return;
  xds::WireRequest request{.node = std::string(bytes),
                           .type_url = response->type_url,
                           .nonce = response->nonce,
                           .version = response->version};
  for (const xds::WireResource& resource : response->resources) {
    if (resource.bytes.has_value()) {
      const auto name = xds::NameInFieldOne(*resource.bytes);
      WEIR_CHECK(!name.ok() || !name->empty(), "a name is something");
    }
    request.names.push_back(resource.name);
  }
  request.subscribe = request.unsubscribe = response->removed;
  request.initial_versions = {{response->type_url, response->version}};
  // Protobuf's strings are UTF-8, and so are the client's; a node that is none is left out.
  if (const auto node = xds::NodeWithFeatures(bytes); !node.ok()) request.node.clear();
  (void)xds::SerializeRequest(variant, request);
}

void ReadQuestion(std::string_view bytes) {
  for (const auto variant : {control::engine::Variant::kSotw, control::engine::Variant::kDelta}) {
    const auto request = control::engine::DecodeRequest(variant, bytes);
    if (!request.ok()) WEIR_CHECK(!request.status().message().empty(), "a refusal has a reason");
  }
}

void ReadFile(std::string_view bytes) {
  const auto held = xds::ParseGeneration(bytes);
  if (!held.ok()) {
    WEIR_CHECK(!held.status().message().empty(), "a refusal has a reason");
    return;
  }
  const auto again = xds::ParseGeneration(xds::SerializeGeneration(*held));
  WEIR_CHECK(again.ok() && again->node_id == held->node_id, "it is written as it is read");
  WEIR_CHECK(again->types.size() == held->types.size(), "with all types");
}

// A file whose first line agrees with what is behind it, so that that is read.
void ReadContent(std::string_view content) {
  const std::string empty =
      xds::SerializeGeneration({.node_id = std::string(content.substr(0, 9))});
  ReadFile(empty.substr(0, empty.find('\n') + 1) + std::string(content));
  ReadFile(empty);
}

}  // namespace
}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = weir::TextOf(data, size);
  switch (weir::TakeByte(rest) % 5) {
    case 0:
      weir::ReadAnswer(weir::xds::Variant::kSotw, rest);
      break;
    case 1:
      weir::ReadAnswer(weir::xds::Variant::kDelta, rest);
      break;
    case 2:
      weir::ReadQuestion(rest);
      break;
    case 3:
      weir::ReadFile(rest);
      break;
    default:
      weir::ReadContent(rest);
  }
  return 0;
}
