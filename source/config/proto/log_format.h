// SubstitutionFormatString and its predecessors as the format of an access log.
#pragma once

#include <optional>

#include "envoy/config/core/v3/substitution_format_string.pb.h"
#include "google/protobuf/struct.pb.h"
#include "source/config/proto/scope.h"
#include "source/format/log_format.h"

namespace weir::config::proto {

// Nothing after an error.
std::optional<format::LogFormat> DecodeLogFormat(
    const envoy::config::core::v3::SubstitutionFormatString& source, const Scope& scope);
// Nothing after an error.
std::optional<format::Formatter> DecodeFormatter(std::string_view text, const Scope& scope);
std::optional<format::LogFormat> DecodeTextFormat(std::string_view text, bool omit_empty,
                                                  const Scope& scope);
// Keys come in alphabetical order: a Struct has none of its own.
std::optional<format::LogFormat> DecodeJsonFormat(const google::protobuf::Struct& object,
                                                  bool omit_empty, const Scope& scope);

}  // namespace weir::config::proto
