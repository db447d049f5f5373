// Reads bytes as YAML and as JSON, as a bootstrap and as resources. Nothing may crash, and what was
// read must survive being written and read again.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "envoy/config/bootstrap/v3/bootstrap.pb.h"
#include "source/base/check.h"
#include "source/schema/config_text.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/references.h"
#include "source/schema/text_to_proto.h"
#include "source/schema/wire_bytes.h"

namespace weir::schema {
namespace {

void ReadAs(std::string_view text, SourceText::Format format) {
  envoy::config::bootstrap::v3::Bootstrap bootstrap;
  Diagnostics diagnostics;
  const SourceText source{text, "fuzz", format};
  ReadMessage(source, [](std::string_view) { return true; }, bootstrap, diagnostics);
  MessageToYaml(bootstrap);

  Diagnostics resource_diagnostics;
  for (const TextResource& resource : ReadResources(source, resource_diagnostics)) {
    CollectReferences(*resource.message);
    TextOptions options;
    options.secrets = TextOptions::Secrets::kShow;
    for (const std::string& written :
         {MessageToJson(resource.any, options), MessageToYaml(resource.any, options)}) {
      Diagnostics none;
      const auto format_again =
          written.starts_with('{') ? SourceText::Format::kJson : SourceText::Format::kYaml;
      const auto reread = ReadResources({written, "again", format_again}, none);
      WEIR_CHECK(reread.size() == 1, "what was written can be read");
      WEIR_CHECK(reread[0].any.value() == resource.any.value(), "and is the same");
    }
    Diagnostics unpacking;
    const auto unpacked = UnpackGenerated(resource.any, unpacking, "resource");
    WEIR_CHECK((unpacked == nullptr) == unpacking.has_errors(), "unpacked, or an error");
    WEIR_CHECK(!ExtensionTypeName(resource.any).empty(), "it is of some type");
    Redact(*resource.message);
  }
}

// Bytes as a message that a control plane wraps, of which the text begins with the type's URL.
void UnpackBytes(std::string_view input) {
  google::protobuf::Any any;
  const size_t end = std::min(input.find('\n'), input.size());
  any.set_type_url(std::string(input.substr(0, end)));
  any.set_value(std::string(input.substr(std::min(end + 1, input.size()))));
  Diagnostics diagnostics;
  const auto unpacked = UnpackGenerated(any, diagnostics, "any");
  WEIR_CHECK((unpacked == nullptr) == diagnostics.has_errors(), "unpacked, or an error");
  (void)ExtensionTypeName(any);
}

}  // namespace
}  // namespace weir::schema

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  weir::schema::ReadAs(text, weir::schema::SourceText::Format::kYaml);
  weir::schema::ReadAs(text, weir::schema::SourceText::Format::kJson);
  weir::schema::UnpackBytes(text);
  return 0;
}
