#include "source/exe/resource_validator.h"

#include <memory>

#include "source/config/proto/decode.h"
#include "source/exe/extensions.h"
#include "source/schema/resource_type.h"

namespace weir::exe {

control::validation::Validator MakeResourceValidator() {
  const auto decoders = std::make_shared<config::proto::ExtensionDecoders>();
  RegisterDecoders(*decoders);
  return [decoders](const google::protobuf::Any& any, schema::Diagnostics& diagnostics) {
    const std::string& type = any.type_url();
    if (type != schema::kListenerTypeUrl && type != schema::kRouteConfigurationTypeUrl &&
        type != schema::kClusterTypeUrl && type != schema::kClusterLoadAssignmentTypeUrl &&
        type != schema::kSecretTypeUrl) {
      return;
    }
    // Files that a resource names are on the proxy's machine.
    const config::proto::NoDataReader data;
    (void)config::proto::DecodeResource(type, any.value(), {*decoders, data}, diagnostics);
  };
}

}  // namespace weir::exe
