#include "source/exe/resource_validator.h"

#include <memory>

#include "source/config/proto/decode.h"
#include "source/exe/extensions.h"
#include "source/schema/resource_type.h"

namespace weir::exe {

control::validation::Validator MakeResourceValidator(const event::Clock& clock) {
  const auto decoders = std::make_shared<config::proto::ExtensionDecoders>();
  RegisterDecoders(*decoders);
  return [decoders, &clock](const google::protobuf::Any& any, schema::Diagnostics& diagnostics) {
    const std::string& type = any.type_url();
    if (type != schema::kListenerTypeUrl && type != schema::kRouteConfigurationTypeUrl &&
        type != schema::kClusterTypeUrl && type != schema::kClusterLoadAssignmentTypeUrl &&
        type != schema::kSecretTypeUrl) {
      return;
    }
    const config::proto::RemoteDataReader data;
    config::proto::DecodeOptions options{*decoders, data};
    options.now = [&clock] { return clock.System(); };
    (void)config::proto::DecodeResource(type, any.value(), options, diagnostics);
  };
}

}  // namespace weir::exe
