// SPIFFECertValidatorConfig: which anchors stand behind the ids of which trust domain.
#pragma once

#include <vector>

#include "envoy/config/core/v3/extension.pb.h"
#include "source/config/proto/scope.h"
#include "source/config/tls.h"

namespace weir::config::proto {

// Of a custom_validator_config, of which there is this one kind. Sorted by domain; empty after an
// error.
std::vector<SpiffeTrust> DecodeSpiffeTrust(
    const envoy::config::core::v3::TypedExtensionConfig& message, const Scope& scope);

}  // namespace weir::config::proto
