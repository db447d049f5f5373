// What is known of a connection and of a stream: filled as they go by listener filters, session,
// filters and router; read by access logs, header formats, matchers and stats. Plain data on one
// worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/lazy.h"
#include "source/base/value.h"
#include "source/event/clock.h"
#include "source/http/message.h"
#include "source/net/address.h"
#include "source/net/proxy_header.h"
#include "source/net/tls_facts.h"
#include "source/stream_info/filter_state.h"
#include "source/stream_info/response_flag.h"

namespace weir::stream_info {

// Of one downstream connection. Owned by the worker's connection object; lives longer than its
// streams.
struct ConnectionInfo {
  uint64_t id = 0;             // Unique in the process.
  net::Address local_address;  // As restored by listener filters; chains match on it.
  net::Address remote_address;
  net::Address direct_local_address;  // Of the socket.
  net::Address direct_remote_address;
  event::MonotonicTime start;
  event::SystemTime start_wall;

  std::string_view transport_protocol = "raw_buffer";  // "raw_buffer" or "tls".
  bool encrypted = false;                              // TLS ended here.
  net::TlsFactsRef tls;                                // Null in cleartext.
  std::string_view filter_chain_name;                  // Owned by the pinned chain.

  struct Further {
    std::string server_name;  // SNI, lower case; "" without.
    // Offered in the ClientHello, or the preface found.
    std::vector<std::string> application_protocols;
    std::string ja3_fingerprint, ja4_fingerprint;  // Of the ClientHello, where they are made.
    std::string_view negotiated_alpn;
    std::string_view termination_details;  // %CONNECTION_TERMINATION_DETAILS%
    std::string transport_failure_reason;  // %DOWNSTREAM_TRANSPORT_FAILURE_REASON%
    // What listener filters found, by namespace: a struct of structs; null: nothing.
    Value metadata;
    FilterState filter_state;               // What they keep.
    std::vector<net::ProxyTlv> proxy_tlvs;  // Of a PROXY header, as far as they may go on.
  };
  Lazy<Further> further;  // What an idle connection in cleartext does without.
};

// The upstream half of a stream, of the last attempt.
struct UpstreamInfo {
  std::string_view cluster_name;  // Empty until one was chosen; owned by the pinned configuration.
  net::Address address;           // %UPSTREAM_HOST%; valid when has_host.
  std::string_view host_name;     // Endpoint.hostname; owned by the host.
  net::Address local_address;     // Valid when connected.
  bool has_host = false;
  bool connected = false;
  uint64_t connection_id = 0;
  std::optional<http::Protocol> protocol;
  net::TlsFactsRef tls;                       // Null in cleartext, and until connected.
  std::string_view transport_failure_reason;  // In the request's arena.
  uint32_t attempts = 0;                      // %UPSTREAM_REQUEST_ATTEMPT_COUNT%
  event::MonotonicTime first_byte_sent{};     // Epoch: not yet.
  event::MonotonicTime last_byte_sent{};
  event::MonotonicTime first_byte_received{};
  event::MonotonicTime last_byte_received{};
  uint64_t wire_bytes_sent = 0;
  uint64_t wire_bytes_received = 0;
};

// Of one request, or of one proxied TCP connection.
struct StreamInfo {
  explicit StreamInfo(const ConnectionInfo& of) : connection(of) {}
  StreamInfo(const StreamInfo&) = delete;
  StreamInfo& operator=(const StreamInfo&) = delete;

  const ConnectionInfo& connection;
  event::MonotonicTime start{};
  event::SystemTime start_wall{};
  event::MonotonicTime request_end{};     // Last byte of the request; epoch: not yet.
  event::MonotonicTime response_begin{};  // First byte to the client.
  event::MonotonicTime end{};

  std::optional<http::Protocol> protocol;  // Nothing for TCP.
  // Drawn once: the decisions that take a share of requests agree with each other.
  uint64_t sample = 0;
  uint16_t response_code = 0;              // 0: none was sent.
  std::string_view response_code_details;  // Static, or in the request's arena.
  ResponseFlags flags;

  std::string_view route_name;  // Owned by the pinned route table.
  std::string_view virtual_host_name;
  std::string_view virtual_cluster_name;
  net::Address
      downstream_remote_address;  // Trusted client address: from x-forwarded-for or the socket.

  uint64_t request_header_bytes = 0;
  uint64_t request_body_bytes = 0;  // %BYTES_RECEIVED%
  uint64_t response_header_bytes = 0;
  uint64_t response_body_bytes = 0;  // %BYTES_SENT%
  uint64_t wire_bytes_received = 0;
  uint64_t wire_bytes_sent = 0;
  UpstreamInfo upstream;

  struct Found {
    Value metadata;  // What HTTP filters found, by namespace, as in ConnectionInfo.
    FilterState filter_state;
  };
  Lazy<Found> found;
  // A filter changed what the route is chosen by, and wants it chosen anew.
  bool route_outdated = false;
};

}  // namespace weir::stream_info
