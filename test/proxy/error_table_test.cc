#include "source/proxy/error_table.h"

#include <gtest/gtest.h>

namespace weir::proxy {
namespace {

using http::ErrorKind;
using http::Side;
using stream_info::ResponseFlag;

struct Row {
  ErrorKind kind;
  Side side;
  uint16_t status;
  std::optional<ResponseFlag> flag;
};

TEST(ErrorTable, StatusAndFlagOfEachError) {
  const Row rows[] = {
      {ErrorKind::kConnectFailed, Side::kUpstream, 503, ResponseFlag::kUpstreamConnectionFailure},
      {ErrorKind::kConnectionClosed, Side::kUpstream, 503,
       ResponseFlag::kUpstreamConnectionTermination},
      {ErrorKind::kStreamReset, Side::kUpstream, 503, ResponseFlag::kUpstreamRemoteReset},
      {ErrorKind::kMalformed, Side::kUpstream, 502, ResponseFlag::kUpstreamProtocolError},
      {ErrorKind::kMalformed, Side::kDownstream, 400, ResponseFlag::kDownstreamProtocolError},
      {ErrorKind::kOverflow, Side::kUpstream, 503, ResponseFlag::kUpstreamOverflow},
      {ErrorKind::kNoHealthyHost, Side::kUpstream, 503, ResponseFlag::kNoHealthyUpstream},
      {ErrorKind::kNoCluster, Side::kUpstream, 503, ResponseFlag::kNoClusterFound},
      {ErrorKind::kNoRoute, Side::kDownstream, 404, ResponseFlag::kNoRouteFound},
      {ErrorKind::kUpstreamTimeout, Side::kUpstream, 504, ResponseFlag::kUpstreamRequestTimeout},
      {ErrorKind::kRequestTimeout, Side::kDownstream, 408, std::nullopt},
      {ErrorKind::kIdleTimeout, Side::kDownstream, 408, ResponseFlag::kStreamIdleTimeout},
      {ErrorKind::kMaxDuration, Side::kDownstream, 408, ResponseFlag::kDurationTimeout},
      {ErrorKind::kMaxDuration, Side::kUpstream, 408,
       ResponseFlag::kUpstreamMaxStreamDurationReached},
      {ErrorKind::kBodyTooLarge, Side::kDownstream, 413, std::nullopt},
      {ErrorKind::kNone, Side::kDownstream, 500, std::nullopt},
  };
  for (const Row& row : rows) {
    const ErrorAnswer answer = AnswerFor({row.kind, row.side, false, ""});
    EXPECT_EQ(answer.status, row.status) << static_cast<int>(row.kind);
    EXPECT_EQ(answer.flag, row.flag) << static_cast<int>(row.kind);
    EXPECT_FALSE(answer.details.empty());
  }
}

struct Reset {
  std::string_view transport;
  uint32_t attempts;
  std::string_view details, body;
};

TEST(ErrorTable, AResetUpstreamIsToldAsEnvoyTellsIt) {
  const Reset resets[] = {
      {"", 1, "upstream_reset_before_response_started{remote_connection_failure}",
       "upstream connect error or disconnect/reset before headers. reset reason: remote connection "
       "failure"},
      {"", 2, "upstream_reset_before_response_started{remote_connection_failure}",
       "upstream connect error or disconnect/reset before headers. retried and the latest reset "
       "reason: remote connection failure"},
      {"delayed connect error: Connection refused", 1,
       "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_"
       "Connection_refused}",
       "upstream connect error or disconnect/reset before headers. reset reason: remote connection "
       "failure, transport failure reason: delayed connect error: Connection refused"},
  };
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  for (const Reset& reset : resets) {
    stream_info::UpstreamInfo upstream;
    upstream.attempts = reset.attempts;
    upstream.transport_failure_reason = reset.transport;
    const ErrorAnswer answer =
        AnswerFor({ErrorKind::kConnectFailed, Side::kUpstream, true, ""}, upstream, arena);
    EXPECT_EQ(answer.details, reset.details);
    EXPECT_EQ(answer.body, reset.body);
    // Of what is no reset of an upstream nothing of that is told.
    EXPECT_EQ(
        AnswerFor({ErrorKind::kNoHealthyHost, Side::kUpstream, true, ""}, upstream, arena).body,
        "no healthy upstream");
  }
}

}  // namespace
}  // namespace weir::proxy
