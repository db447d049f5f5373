#include "source/format/formatter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/base/status.h"
#include "source/format/log_format.h"
#include "test/format/sample_stream.h"

namespace weir::format {
namespace {

using ::testing::HasSubstr;

std::string Format(std::string_view text, const FormatContext& context, bool omit_empty = false) {
  const auto formatter = Formatter::Create(text);
  EXPECT_TRUE(formatter.ok()) << formatter.status();
  std::string out;
  if (formatter.ok()) formatter->Append(out, context, omit_empty);
  return out;
}

TEST(Formatter, EveryOperator) {
  const SampleStream sample;
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"%REQ(:METHOD)%", "GET"},
      {"%REQ(:authority)% %REQ(HOST)%", "a.com a.com"},
      {"%REQ(:SCHEME)%", "http"},
      {"%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", "/p/x?q=1&r=two"},
      {"%REQ(X-ENVOY-ORIGINAL-PATH?:PATH):4%", "/p/x"},
      {"%REQ(X-NONE)%", "-"},
      {"%REQ(X-TWICE)%", "one"},
      {"%REQUEST_HEADER(user-agent):4%", "curl"},
      {"%REQ_WITHOUT_QUERY(:PATH)%", "/p/x"},
      {"%PATH% %PATH(NQ)%", "/p/x?q=1&r=two /p/x"},
      {"%QUERY_PARAM(r)% %QUERY_PARAM(none)%", "two -"},
      {"%RESP(CONTENT-TYPE)% %RESP(:STATUS)% %RESP(content-length)%", "text/plain 200 5"},
      {"%RESPONSE_HEADER(X)%", "-"},
      {"%TRAILER(GRPC-STATUS)%", "14"},
      {"%START_TIME%", "2024-02-29T12:30:00.250Z"},
      {"%START_TIME(%Y/%m/%d %H:%M:%S.%3f %s)%", "2024/02/29 12:30:00.250 1709209800"},
      {"%PROTOCOL% %UPSTREAM_PROTOCOL%", "HTTP/1.1 HTTP/2"},
      {"%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%", "200 via_upstream"},
      {"%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%", "- -"},
      {"%BYTES_RECEIVED% %BYTES_SENT%", "12 14"},
      {"%REQUEST_HEADERS_BYTES% %RESPONSE_HEADERS_BYTES%", "11 13"},
      {"%DOWNSTREAM_WIRE_BYTES_RECEIVED% %DOWNSTREAM_WIRE_BYTES_SENT%", "15 16"},
      {"%DURATION% %REQUEST_DURATION% %REQUEST_TX_DURATION%", "9 2 3"},
      {"%RESPONSE_DURATION% %RESPONSE_TX_DURATION%", "5 4"},
      {"%UPSTREAM_HOST% %UPSTREAM_HOST_NAME% %UPSTREAM_CLUSTER%", "10.1.0.1:80 pod-1 web"},
      {"%UPSTREAM_LOCAL_ADDRESS% %UPSTREAM_LOCAL_PORT%", "10.0.0.1:33000 33000"},
      {"%UPSTREAM_REMOTE_ADDRESS% %UPSTREAM_REMOTE_PORT%", "10.1.0.1:80 80"},
      {"%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "10.1.0.1"},
      {"%UPSTREAM_TRANSPORT_FAILURE_REASON%", "connection_was_refused"},
      {"%UPSTREAM_REQUEST_ATTEMPT_COUNT% %UPSTREAM_CONNECTION_ID%", "2 77"},
      {"%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_PORT%", "203.0.113.5:7 7"},
      {"%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "203.0.113.5"},
      {"%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_PORT%", "10.0.0.1:443 443"},
      {"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", "[2001:db8::1]:6000"},
      {"%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%", "2001:db8::1"},
      {"%DOWNSTREAM_DIRECT_LOCAL_ADDRESS%", "10.0.0.9:15006"},
      {"%ROUTE_NAME% %REQUESTED_SERVER_NAME%", "route sni.example"},
      {"%VIRTUAL_CLUSTER_NAME%", "reads"},
      {"%CONNECTION_ID% %FILTER_CHAIN_NAME%", "42 chain"},
      {"%CONNECTION_TERMINATION_DETAILS%", "torn"},
      {"%DOWNSTREAM_TRANSPORT_FAILURE_REASON%", "handshake"},
      {"%LOCAL_REPLY_BODY% %STREAM_ID%", "sorry id-1"},
      {"%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)%", "Unavailable UNAVAILABLE"},
      {"%GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER%", "14 14"},
      {"%DOWNSTREAM_TLS_VERSION%", "-"},
      {"100%%, %%DURATION%%", "100%, %DURATION%"},
      {"", ""},
  };
  for (const auto& [text, result] : cases) {
    EXPECT_EQ(Format(text, sample.Context()), result) << text;
  }
}

TEST(Formatter, MetadataIsFoundByItsPath) {
  const SampleStream sample;
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"%DYNAMIC_METADATA(ns:text)%", "a b"},
      {"%DYNAMIC_METADATA(ns:number)%", "3"},
      {"%DYNAMIC_METADATA(ns)%", "{\"number\":3,\"text\":\"a b\"}"},
      {"%DYNAMIC_METADATA(ns:text):1%", "a"},
      {"%DYNAMIC_METADATA(ns:none)% %DYNAMIC_METADATA(ns:text:more)% %DYNAMIC_METADATA(other)%",
       "- - -"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Format(text, sample.Context()), expected);
}

TEST(Formatter, FilterStateIsWrittenInItsForms) {
  using stream_info::FilterState;
  SampleStream sample;
  FilterState& state = sample.connection.further.Edit().filter_state;
  state.Set("text", FilterState::Text{.value = "a \"b\""}, false);
  state.Set("ip", *net::Address::Parse("10.0.0.1:80"), false);
  state.Set("tlv", FilterState::Fields{{"id", "7"}}, false);
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"%FILTER_STATE(text)%", "\"a \\\"b\\\"\""},
      {"%FILTER_STATE(text:TYPED)%", "\"a \\\"b\\\"\""},
      {"%FILTER_STATE(text:PLAIN):3%", "a \""},
      {"%FILTER_STATE(ip)% %FILTER_STATE(ip:PLAIN)%", "- 10.0.0.1:80"},
      {"%FILTER_STATE(tlv:FIELD:id)% %FILTER_STATE(tlv:FIELD:no)%", "7 -"},
      {"%FILTER_STATE(tlv:PLAIN)% %FILTER_STATE(none)%", "- -"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Format(text, sample.Context()), expected);
  sample.info.found.Edit().filter_state.Set("text", FilterState::Text{.value = "own"}, false);
  EXPECT_EQ(Format("%FILTER_STATE(text:PLAIN)%", sample.Context()), "own");
  for (const std::string_view wrong : {"%FILTER_STATE()%", "%FILTER_STATE(k:RAW)%",
                                       "%FILTER_STATE(k:FIELD)%", "%FILTER_STATE(k:PLAIN:x)%"}) {
    EXPECT_FALSE(Formatter::Create(wrong).ok()) << wrong;
  }
}

TEST(Formatter, EveryOperatorOfTheUpstreamsTls) {
  const SampleStream sample;
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"%UPSTREAM_TLS_VERSION% %UPSTREAM_TLS_CIPHER% %UPSTREAM_TLS_SESSION_ID%",
       "TLSv1.3 TLS_AES_128_GCM_SHA256 ab01"},
      {"%UPSTREAM_PEER_SUBJECT% %UPSTREAM_PEER_ISSUER%", "CN=web,O=Weir CN=root"},
      {"%UPSTREAM_PEER_URI_SAN% %UPSTREAM_PEER_DNS_SAN% %UPSTREAM_PEER_IP_SAN%",
       "spiffe://d/web web.internal,www.internal 10.1.0.1"},
      {"%UPSTREAM_LOCAL_URI_SAN% %UPSTREAM_LOCAL_DNS_SAN% %UPSTREAM_LOCAL_IP_SAN%",
       "spiffe://d/proxy proxy.internal 10.0.0.1"},
      {"%UPSTREAM_PEER_CERT% %UPSTREAM_PEER_CERT_V_START(%Y)% %UPSTREAM_PEER_CERT_V_END(%Y)%",
       "-----%0AA%2B%0A 2024 2027"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Format(text, sample.Context()), expected);
}

TEST(Formatter, WhatIsNotThereIsADashOrNothing) {
  const stream_info::ConnectionInfo connection;
  const stream_info::StreamInfo info(connection);
  constexpr std::string_view kText =
      "%REQ(A)%|%RESP(A)%|%TRAILER(A)%|%DURATION%|%RESPONSE_TX_DURATION%|%UPSTREAM_HOST%|"
      "%UPSTREAM_LOCAL_ADDRESS%|%UPSTREAM_CLUSTER%|%PROTOCOL%|%GRPC_STATUS%|%ROUTE_NAME%";
  EXPECT_EQ(Format(kText, {.info = info}), "-|-|-|-|-|-|-|-|-|-|-");
  EXPECT_EQ(Format(kText, {.info = info}, true), "||||||||||");
  EXPECT_EQ(Format("%RESPONSE_CODE%", {.info = info}), "0");
}

TEST(Formatter, FlagsComeInTheirOrder) {
  SampleStream sample;
  sample.info.flags.Set(stream_info::ResponseFlag::kUpstreamRetryLimitExceeded);
  sample.info.flags.Set(stream_info::ResponseFlag::kNoHealthyUpstream);
  EXPECT_EQ(Format("%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%", sample.Context()),
            "UH,URX NoHealthyUpstream,UpstreamRetryLimitExceeded");
}

TEST(Formatter, ErrorsSayWhatAndWhere) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"a %DURATIN%",
       "operator 'DURATIN' is not supported; did you mean 'DURATION'?, at position 2"},
      {"%REQ%", "wants a field name"},
      {"%REQ()%", "wants a field name"},
      {"%REQ(a b)%", "wants a field name"},
      {"%REQ(A?)%", "wants a field name"},
      {"%REQ(A", "has no closing parenthesis"},
      {"%REQ(A):%", "without a length"},
      {"%DURATION", "is not closed"},
      {"50% off", "write %% for one"},
      {"%DURATION(x)%", "takes no argument"},
      {"%GRPC_STATUS(X)%", "takes CAMEL_STRING or SNAKE_STRING or NUMBER, got 'X'"},
      {"%START_TIME(%Q)%", "unknown conversion '%Q'"},
      {"%QUERY_PARAM%", "wants a name"},
      {"%CEL(request.method)%", "operator 'CEL' is not supported"},
  };
  for (const auto& [text, error] : cases) {
    const auto formatter = Formatter::Create(text);
    ASSERT_FALSE(formatter.ok()) << text;
    EXPECT_THAT(MessageOf(formatter.status()), HasSubstr(error));
  }
}

TEST(Formatter, KnowsWhatNeedsNoContext) {
  EXPECT_EQ(*Formatter::Create("100%%")->literal(), "100%");
  EXPECT_EQ(*Formatter::Literal("100%").literal(), "100%");
  EXPECT_EQ(*Formatter::Create("")->literal(), "");
  EXPECT_EQ(Formatter::Create("a %DURATION%")->literal(), nullptr);
  EXPECT_EQ(Formatter::Literal("100%"), *Formatter::Create("100%%"));
}

TEST(LogFormat, DefaultIsEnvoysLine) {
  const SampleStream sample;
  std::string out;
  LogFormat().Append(out, sample.Context());
  EXPECT_EQ(out,
            "[2024-02-29T12:30:00.250Z] \"GET /p/x?q=1&r=two HTTP/1.1\" 200 - 12 14 9 3 \"-\" "
            "\"curl/8 \"x\"\" \"id-1\" \"a.com\" \"10.1.0.1:80\"\n");
}

}  // namespace
}  // namespace weir::format
