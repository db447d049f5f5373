#include "source/config/proto/http2_settings.h"

#include <algorithm>
#include <optional>

#include "source/base/strings.h"

namespace weir::config::proto {
namespace {
using Pb = envoy::config::core::v3::Http2ProtocolOptions;

// RFC 9113, 6.5.2; RFC 8441, 3; RFC 9218, 2.1.
enum Identifier : uint32_t {
  kHeaderTableSize = 1,
  kEnablePush = 2,
  kMaxConcurrentStreams = 3,
  kInitialWindowSize = 4,
  kMaxFrameSize = 5,
  kMaxHeaderListSize = 6,
  kEnableConnectProtocol = 8,
  kNoRfc7540Priorities = 9,
};

// A parameter that a field of the message sets, too.
struct Named {
  std::string_view field;
  bool is_set;
  uint32_t least;
  uint32_t most;
  uint32_t* place;
};

std::optional<Named> NamedFor(uint32_t identifier, const Pb& options, Http2Options& decoded) {
  constexpr uint32_t kGreatest = 0x7fffffff;
  switch (identifier) {
    case kHeaderTableSize:
      return Named{"hpack_table_size", options.has_hpack_table_size(), 0, UINT32_MAX,
                   &decoded.hpack_table_size};
    case kMaxConcurrentStreams:
      return Named{"max_concurrent_streams", options.has_max_concurrent_streams(), 1, kGreatest,
                   &decoded.max_concurrent_streams};
    case kInitialWindowSize:
      return Named{"initial_stream_window_size", options.has_initial_stream_window_size(), 65535,
                   kGreatest, &decoded.initial_stream_window_size};
    default:
      return std::nullopt;
  }
}

void SetNamed(const Named& named, uint32_t value, const Scope& scope) {
  if (named.is_set) {
    scope.Field("identifier").Error(StrCat("is set by ", named.field, " already"));
  } else if (value < named.least || value > named.most) {
    scope.Field("value").Error(StrCat("must be from ", named.least, " to ", named.most),
                               StrCat(value));
  } else {
    *named.place = value;
  }
}

// Why the parameter cannot be sent; empty: it can.
std::string_view Refusal(uint32_t identifier, uint32_t value) {
  switch (identifier) {
    case kEnablePush:
      return value == 0 ? "" : "servers push nothing here, and nothing is taken from them";
    case kMaxFrameSize:
      return value >= 16384 && value <= 16777215 ? "" : "must be from 16384 to 16777215";
    case kMaxHeaderListSize:
      return "follows the limit of header fields (max_request_headers_kb)";
    case kEnableConnectProtocol:
      return "is set by allow_connect alone";
    case kNoRfc7540Priorities:
      return value <= 1 ? "" : "must be 0 or 1";
    default:
      return "";
  }
}

}  // namespace

void DecodeCustomSettings(const Pb& options, const Scope& scope, Http2Options& decoded) {
  std::vector<Http2Setting> seen;
  for (int i = 0; i < options.custom_settings_parameters_size(); ++i) {
    const Pb::SettingsParameter& parameter = options.custom_settings_parameters(i);
    const Scope item = scope.Item("custom_settings_parameters", i);
    const uint32_t identifier = parameter.identifier().value();
    const uint32_t value = parameter.value().value();
    const auto before = std::find_if(seen.begin(), seen.end(), [&](const Http2Setting& setting) {
      return setting.identifier == identifier;
    });
    if (before != seen.end()) {
      if (before->value != value) item.Error("gives the parameter another value", StrCat(value));
      continue;
    }
    seen.push_back({static_cast<uint16_t>(identifier), value});
    if (const auto named = NamedFor(identifier, options, decoded)) {
      SetNamed(*named, value, item);
    } else if (const std::string_view why = Refusal(identifier, value); !why.empty()) {
      item.Error(why, StrCat(identifier, "=", value));
    } else if (identifier != kEnablePush) {  // Said anyway where it can be.
      decoded.more_settings.push_back(seen.back());
    }
  }
}

}  // namespace weir::config::proto
