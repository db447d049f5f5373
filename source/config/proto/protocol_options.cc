#include "source/config/proto/protocol_options.h"

#include <cmath>

#include "envoy/extensions/http/header_formatters/preserve_case/v3/preserve_case.pb.h"
#include "source/base/strings.h"
#include "source/config/proto/extensions.h"
#include "source/config/proto/http2_settings.h"
#include "source/config/proto/matchers.h"
#include "source/config/proto/values.h"

namespace weir::config::proto {
namespace core = envoy::config::core::v3;
using PreserveCasePb =
    envoy::extensions::http::header_formatters::preserve_case::v3::PreserveCaseFormatterConfig;

namespace {

// Of nghttp2's decoder, for each name and value.
constexpr uint32_t kMaxFieldSizeKb = 64;

template <typename Number>
void SetIf(bool present, Number value, Number& target) {
  if (present) target = value;
}

void DecodeKeyFormat(const core::Http1ProtocolOptions::HeaderKeyFormat& format, const Scope& scope,
                     Http1Options& options) {
  if (format.has_proper_case_words()) options.proper_case = true;
  if (!format.has_stateful_formatter()) return;
  const auto preserve =
      Unpack<PreserveCasePb>(format.stateful_formatter().typed_config(),
                             scope.Field("stateful_formatter").Field("typed_config"));
  if (preserve == nullptr) return;
  options.preserve_case = true;
  options.proper_case = preserve->formatter_type_on_envoy_headers() == PreserveCasePb::PROPER_CASE;
}

Http2Keepalive DecodeKeepalive(const core::KeepaliveSettings& settings, const Scope& scope) {
  Http2Keepalive decoded;
  decoded.interval = DecodeDuration(settings.interval(), scope.Field("interval"));
  decoded.timeout = DecodeDuration(settings.timeout(), scope.Field("timeout"));
  decoded.connection_idle_interval =
      DecodeDuration(settings.connection_idle_interval(), scope.Field("connection_idle_interval"));
  if (settings.has_interval_jitter()) {
    // Whole percents, as Envoy takes them.
    decoded.interval_jitter_percent =
        static_cast<uint32_t>(std::lround(settings.interval_jitter().value()));
  }
  return decoded;
}

}  // namespace

Http1Options DecodeHttp1Options(const core::Http1ProtocolOptions& options, const Scope& scope,
                                bool stream_error) {
  // The codec takes any token as a method: allow_custom_methods asks for what is so.
  Http1Options decoded;
  decoded.allow_chunked_length = options.allow_chunked_length();
  decoded.send_fully_qualified_url = options.send_fully_qualified_url();
  DecodeKeyFormat(options.header_key_format(), scope.Field("header_key_format"), decoded);
  decoded.stream_error_on_invalid_http_message =
      options.has_override_stream_error_on_invalid_http_message()
          ? options.override_stream_error_on_invalid_http_message().value()
          : stream_error;
  if (options.has_allow_absolute_url()) {
    decoded.allow_absolute_url = options.allow_absolute_url().value();
  }
  decoded.accept_http_10 = options.accept_http_10();
  decoded.default_host_for_http_10 = options.default_host_for_http_10();
  decoded.enable_trailers = options.enable_trailers();
  decoded.ignored_upgrades =
      DecodeStringMatchers(options.ignore_http_11_upgrade(), scope, "ignore_http_11_upgrade");
  return decoded;
}

Http2Options DecodeHttp2Options(const core::Http2ProtocolOptions& options, const Scope& scope,
                                bool stream_error) {
  Http2Options decoded;
  SetIf(options.has_max_concurrent_streams(), options.max_concurrent_streams().value(),
        decoded.max_concurrent_streams);
  SetIf(options.has_initial_stream_window_size(), options.initial_stream_window_size().value(),
        decoded.initial_stream_window_size);
  SetIf(options.has_initial_connection_window_size(),
        options.initial_connection_window_size().value(), decoded.initial_connection_window_size);
  DecodeCustomSettings(options, scope, decoded);
  decoded.allow_connect = options.allow_connect();
  SetIf(options.has_hpack_table_size(), options.hpack_table_size().value(),
        decoded.hpack_table_size);
  SetIf(options.has_max_outbound_frames(), options.max_outbound_frames().value(),
        decoded.max_outbound_frames);
  SetIf(options.has_max_outbound_control_frames(), options.max_outbound_control_frames().value(),
        decoded.max_outbound_control_frames);
  SetIf(options.has_max_consecutive_inbound_frames_with_empty_payload(),
        options.max_consecutive_inbound_frames_with_empty_payload().value(),
        decoded.max_consecutive_inbound_frames_with_empty_payload);
  SetIf(options.has_max_inbound_priority_frames_per_stream(),
        options.max_inbound_priority_frames_per_stream().value(),
        decoded.max_inbound_priority_frames_per_stream);
  SetIf(options.has_max_inbound_window_update_frames_per_data_frame_sent(),
        options.max_inbound_window_update_frames_per_data_frame_sent().value(),
        decoded.max_inbound_window_update_frames_per_data_frame_sent);
  decoded.stream_error_on_invalid_http_message =
      options.has_override_stream_error_on_invalid_http_message()
          ? options.override_stream_error_on_invalid_http_message().value()
          : stream_error || options.stream_error_on_invalid_http_messaging();
  // Less is refused by the rule of the field.
  const uint32_t field_size = options.max_header_field_size_kb().value();
  if (field_size > kMaxFieldSizeKb) {
    scope.Field("max_header_field_size_kb")
        .Error(StrCat("must be ", kMaxFieldSizeKb, ": no larger field is decoded"),
               StrCat(field_size));
  }
  decoded.disallow_obs_text = options.disallow_obs_text().value();
  SetIf(options.has_stream_reset_burst(), options.stream_reset_burst().value(),
        decoded.stream_reset_burst);
  SetIf(options.has_stream_reset_rate(), options.stream_reset_rate().value(),
        decoded.stream_reset_rate);
  if (options.has_connection_keepalive()) {
    decoded.keepalive =
        DecodeKeepalive(options.connection_keepalive(), scope.Field("connection_keepalive"));
  }
  return decoded;
}

}  // namespace weir::config::proto
