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

// As a sidecar's agent starts its proxy.
TEST(Flags, ThoseOfAServiceMesh) {
  const auto flags = ParseFlags({"-c",
                                 "etc/bootstrap.json",
                                 "--drain-time-s",
                                 "45",
                                 "--drain-strategy",
                                 "immediate",
                                 "--local-address-ip-version",
                                 "v4",
                                 "--file-flush-interval-msec",
                                 "1000",
                                 "--disable-hot-restart",
                                 "--allow-unknown-static-fields",
                                 "-l",
                                 "warning",
                                 "--component-log-level",
                                 "misc:error",
                                 "--skip-deprecated-logs",
                                 "--file-flush-min-size-kb",
                                 "4",
                                 "--concurrency",
                                 "2",
                                 "--log-format",
                                 "%v",
                                 "--stats-tag",
                                 "zone:a:b",
                                 "--stats-tag=rack:7",
                                 "--cpuset-threads",
                                 "--enable-fine-grain-logging"});
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_TRUE(flags->allow_unknown_static_fields);
  EXPECT_FALSE(flags->drain_gradually);
  EXPECT_EQ(flags->file_flush_interval, std::chrono::milliseconds(1000));
  EXPECT_THAT(flags->stats_tags,
              testing::ElementsAre(testing::Pair("zone", "a:b"), testing::Pair("rack", "7")));
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
      {{"--mode", "init_only"}, "init_only is not supported: serve or validate"},
      {{"--drain-strategy", "soon"}, "\"soon\" is neither gradual nor immediate"},
      {{"--stats-tag", "zone"}, "\"zone\" is not name:value"},
      {{"--disable-extensions", "a"}, "extensions cannot be switched off by name"},
      {{"--reject-unknown-dynamic-fields", "--ignore-unknown-dynamic-fields"}, "contradict"},
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
