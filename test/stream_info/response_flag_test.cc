#include "source/stream_info/response_flag.h"

#include "gtest/gtest.h"

namespace weir::stream_info {
namespace {

std::string Short(ResponseFlags flags) {
  std::string out;
  flags.AppendShortNames(out);
  return out;
}

std::string Long(ResponseFlags flags) {
  std::string out;
  flags.AppendLongNames(out);
  return out;
}

TEST(ResponseFlags, NoneIsADash) {
  EXPECT_EQ(Short({}), "-");
  EXPECT_EQ(Long({}), "-");
  EXPECT_TRUE(ResponseFlags().empty());
}

TEST(ResponseFlags, NamesAreEnvoys) {
  ResponseFlags flags;
  flags.Set(ResponseFlag::kNoRouteFound);
  flags.Set(ResponseFlag::kFailedLocalHealthCheck);
  flags.Set(ResponseFlag::kDownstreamRemoteReset);
  EXPECT_EQ(Short(flags), "LH,NR,DR");
  EXPECT_EQ(Long(flags), "FailedLocalHealthCheck,NoRouteFound,DownstreamRemoteReset");
  EXPECT_TRUE(flags.Has(ResponseFlag::kNoRouteFound));
  EXPECT_FALSE(flags.Has(ResponseFlag::kNoHealthyUpstream));
}

}  // namespace
}  // namespace weir::stream_info
