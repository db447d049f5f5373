#include "source/exe/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/base/status.h"

namespace weir::exe {
namespace {

using testing::HasSubstr;

TEST(Flags, ThoseThatEnvoysUsersKnow) {
  const auto flags = ParseFlags({"-c", "a.yaml", "--mode=validate", "--concurrency", "0", "-l",
                                 "warning", "--service-node", "n", "--drain-time-s", "7",
                                 "--base-id", "3", "--disable-hot-restart", "--restart-epoch", "0",
                                 "--component-log-level", "http:trace,nobody:debug"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->config_path, "a.yaml");
  EXPECT_EQ(flags->mode, Flags::Mode::kValidate);
  EXPECT_EQ(flags->concurrency, 1u);
  EXPECT_EQ(flags->log_level, log::Level::kWarn);
  EXPECT_EQ(flags->service_node, "n");
  EXPECT_EQ(flags->drain_time, std::chrono::seconds(7));
  ASSERT_EQ(flags->component_log_levels.size(), 1u);
  EXPECT_EQ(flags->component_log_levels[0].second, log::Level::kTrace);
}

struct BadFlags {
  std::vector<std::string> words;
  const char* error;
};

TEST(Flags, ErrorsSayWhichAndWhatWouldBeRight) {
  const BadFlags cases[] = {
      {{"--concurency", "2"}, "did you mean --concurrency?"},
      {{"--concurrency", "two"}, "\"two\" is not a number"},
      {{"--mode", "check"}, "neither serve nor validate"},
      {{"-l", "loud"}, "is no level"},
      {{"--restart-epoch", "1"}, "hot restart"},
      {{"-c"}, "needs a value"},
      {{"--version=1"}, "takes no value"},
      {{"a.yaml"}, "the bootstrap is given by -c"},
  };
  for (const BadFlags& test : cases) {
    const auto flags = ParseFlags(test.words);
    ASSERT_FALSE(flags.ok()) << test.error;
    EXPECT_THAT(std::string(MessageOf(flags.status())), HasSubstr(test.error));
  }
}

}  // namespace
}  // namespace weir::exe
