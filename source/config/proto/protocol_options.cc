#include "source/config/proto/protocol_options.h"

namespace weir::config::proto {
namespace core = envoy::config::core::v3;

namespace {

void SetIf(bool present, uint32_t value, uint32_t& target) {
  if (present) target = value;
}

}  // namespace

Http1Options DecodeHttp1Options(const core::Http1ProtocolOptions& options, const Scope& scope) {
  // The codec takes any token as a method: allow_custom_methods asks for what is so.
  scope.RefuseSet(options, {"header_key_format", "allow_chunked_length",
                            "override_stream_error_on_invalid_http_message"});
  Http1Options decoded;
  if (options.has_allow_absolute_url()) {
    decoded.allow_absolute_url = options.allow_absolute_url().value();
  }
  decoded.accept_http_10 = options.accept_http_10();
  decoded.default_host_for_http_10 = options.default_host_for_http_10();
  decoded.enable_trailers = options.enable_trailers();
  return decoded;
}

Http2Options DecodeHttp2Options(const core::Http2ProtocolOptions& options, const Scope& scope,
                                bool stream_error) {
  scope.RefuseSet(options, {"connection_keepalive"});
  Http2Options decoded;
  SetIf(options.has_max_concurrent_streams(), options.max_concurrent_streams().value(),
        decoded.max_concurrent_streams);
  SetIf(options.has_initial_stream_window_size(), options.initial_stream_window_size().value(),
        decoded.initial_stream_window_size);
  SetIf(options.has_initial_connection_window_size(),
        options.initial_connection_window_size().value(), decoded.initial_connection_window_size);
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
          : stream_error;
  return decoded;
}

}  // namespace weir::config::proto
