// A finished request with a value for everything that a format may name.
#pragma once

#include <chrono>

#include "source/format/formatter.h"

namespace weir::format {

struct SampleStream {
  SampleStream() : arena(pool), request(arena), response(arena), trailers(arena), info(connection) {
    FillConnection();
    FillMessages();
    FillInfo();
  }

  static net::Address At(std::string_view text) { return *net::Address::Parse(text); }
  static event::MonotonicTime After(int64_t milliseconds) {
    return event::MonotonicTime{} + std::chrono::hours(1) + std::chrono::milliseconds(milliseconds);
  }

  void FillConnection() {
    connection.id = 42;
    connection.local_address = At("10.0.0.1:443");
    connection.remote_address = At("192.0.2.7:5000");
    connection.direct_local_address = At("10.0.0.9:15006");
    connection.direct_remote_address = At("[2001:db8::1]:6000");
    connection.further.Edit().server_name = "sni.example";
    connection.filter_chain_name = "chain";
    connection.further.Edit().termination_details = "torn";
    connection.further.Edit().transport_failure_reason = "handshake";
    connection.further.Edit().metadata = Value::FromFields(
        {{"ns",
          Value::FromFields({{"text", Value::String("a b")}, {"number", Value::Number(3)}})}});
  }
  void FillMessages() {
    request.method = "GET";
    request.scheme = "http";
    request.authority = "a.com";
    request.path = "/p/x?q=1&r=two";
    request.headers.Add("user-agent", "curl/8 \"x\"");
    request.headers.Add("x-request-id", "id-1");
    request.headers.Add("x-twice", "one");
    request.headers.Add("x-twice", "two");
    response.status = 200;
    response.framing = {http::Framing::kLength, 5};
    response.headers.Add("content-type", "text/plain");
    response.headers.Add("x-envoy-upstream-service-time", "3");
    trailers.Add("grpc-status", "14");
  }
  void FillInfo() {
    info.start = After(0);
    info.start_wall =
        event::SystemTime{} + std::chrono::seconds(1709209800) + std::chrono::microseconds(250'750);
    info.request_end = After(2);
    info.response_begin = After(6);
    info.end = After(9);
    info.protocol = http::Protocol::kHttp11;
    info.response_code = 200;
    info.response_code_details = "via_upstream";
    info.route_name = "route";
    info.virtual_cluster_name = "reads";
    info.downstream_remote_address = At("203.0.113.5:7");
    info.request_header_bytes = 11;
    info.request_body_bytes = 12;
    info.response_header_bytes = 13;
    info.response_body_bytes = 14;
    info.wire_bytes_received = 15;
    info.wire_bytes_sent = 16;
    info.upstream.cluster_name = "web";
    info.upstream.has_host = true;
    info.upstream.connected = true;
    info.upstream.address = At("10.1.0.1:80");
    info.upstream.local_address = At("10.0.0.1:33000");
    info.upstream.host_name = "pod-1";
    info.upstream.connection_id = 77;
    info.upstream.protocol = http::Protocol::kHttp2;
    info.upstream.transport_failure_reason = "connection was refused";
    info.upstream.tls = Session();
    info.upstream.attempts = 2;
    info.upstream.last_byte_sent = After(3);
    info.upstream.first_byte_received = After(5);
  }

  // Of the upstream connection.
  static net::TlsFactsRef Session() {
    auto session = MakeLocal<net::TlsFacts>();
    session->version = "TLSv1.3";
    session->cipher = "TLS_AES_128_GCM_SHA256";
    session->session_id = "ab01";
    session->peer = std::make_shared<const net::CertificateFacts>(
        net::CertificateFacts{.subject = "CN=web,O=Weir",
                              .issuer = "CN=root",
                              .uri_names = {"spiffe://d/web"},
                              .dns_names = {"web.internal", "www.internal"},
                              .ip_names = {"10.1.0.1"},
                              .not_before = event::SystemTime{} + std::chrono::seconds(1709209800),
                              .not_after = event::SystemTime{} + std::chrono::seconds(1809209800),
                              .pem = "-----\nA+\n"});
    session->local = std::make_shared<const net::CertificateFacts>(
        net::CertificateFacts{.uri_names = {"spiffe://d/proxy"},
                              .dns_names = {"proxy.internal"},
                              .ip_names = {"10.0.0.1"}});
    return session;
  }

  FormatContext Context() const {
    return {.info = info,
            .request = &request,
            .response = &response,
            .response_trailers = &trailers,
            .local_reply_body = "sorry"};
  }

  buffer::BlockPool pool;
  buffer::Arena arena;
  http::RequestHead request;
  http::ResponseHead response;
  http::HeaderMap trailers;
  stream_info::ConnectionInfo connection;
  stream_info::StreamInfo info;
};

}  // namespace weir::format
