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

}  // namespace
}  // namespace weir::proxy
