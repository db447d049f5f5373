#include "source/xds/file_source.h"

#include "gtest/gtest.h"
#include "test/fakes/fake_files.h"
#include "test/fakes/inline_executor.h"
#include "test/xds/bench.h"

namespace weir::xds {
namespace {

// The "text" of these files is a serialised response, or the word "broken".
absl::StatusOr<std::string> ParseTestFile(const std::string& path, std::string_view text) {
  if (text == "broken") return absl::InvalidArgumentError(path + ":1:1: broken");
  return std::string(text);
}

class FileSourceTest : public ::testing::Test {
 protected:
  std::unique_ptr<FileSource> Make(FileLocation location, event::Executor& executor) {
    return std::make_unique<FileSource>(
        FileSeams{files_, executor, loop_}, std::move(location), ParseTestFile,
        ResourceType{.type_url = kClusters, .full_state_in_sotw = true}, sink_, stats_);
  }
  Lines Heard() {
    loop_.RunFor(std::chrono::milliseconds(5));
    return sink_.TakeHeard();
  }

  fakes::SimLoop loop_;
  fakes::FakeFiles files_{loop_};
  fakes::InlineExecutor inline_;
  fakes::DeferredExecutor deferred_;
  RecordingSink sink_{loop_};
  SubscriptionStats stats_;
};

TEST_F(FileSourceTest, ReadsAtStartAndWheneverItIsReplaced) {
  files_.Write("/etc/cds.yaml", Sotw(kClusters, "1", "", {{"x", "one"}, {"y", "one"}}));
  auto source = Make({.path = "/etc/cds.yaml"}, inline_);
  ASSERT_TRUE(source->Start().ok());
  EXPECT_EQ(Heard(), Lines{"update v1! x@1 y@1"});
  files_.Write("/etc/cds.yaml", Sotw(kClusters, "2", "", {{"x", "one"}, {"z", "one"}}));
  EXPECT_EQ(Heard(), Lines{"update v2! x@2= z@2 -y"});
  EXPECT_EQ(source->accepted_version(), "2");
  EXPECT_EQ(stats_.update_success.value(), 2u);
  EXPECT_EQ(stats_.update_attempt.value(), 2u);
}

TEST_F(FileSourceTest, ABrokenFileIsCountedAndTheLastGoodStays) {
  files_.Write("/etc/cds.yaml", Sotw(kClusters, "1", "", {{"x", "one"}}));
  auto source = Make({.path = "/etc/cds.yaml"}, inline_);
  ASSERT_TRUE(source->Start().ok());
  Heard();
  files_.Write("/etc/cds.yaml", "broken");
  EXPECT_EQ(Heard(), Lines{});
  EXPECT_EQ(stats_.update_failure.value(), 1u);
  files_.Write("/etc/cds.yaml", Sotw(kClusters, "2", "", {{"x", "bad"}, {"y", ""}}));
  EXPECT_EQ(Heard(), Lines{"update v2! x@2 y@2"});
  EXPECT_EQ(stats_.update_rejected.value(), 1u);
  EXPECT_EQ(source->accepted_version(), "1");
  EXPECT_EQ(sink_.in_force.size(), 2u);
  EXPECT_EQ(sink_.in_force[0].second, Bytes("x", "one"));
}

TEST_F(FileSourceTest, WatchesTheDirectoryThatItIsTold) {
  files_.Write("/etc/live/cds.yaml", Sotw(kClusters, "1", "", {{"x", ""}}));
  files_.Write("/etc/watched/stamp", "1");
  auto source = Make({.path = "/etc/live/cds.yaml", .watched_directory = "/etc/watched"}, inline_);
  ASSERT_TRUE(source->Start().ok());
  Heard();
  files_.Write("/etc/live/cds.yaml", Sotw(kClusters, "2", "", {{"x", "two"}}));
  EXPECT_EQ(Heard(), Lines{});
  files_.Write("/etc/watched/stamp", "2");
  EXPECT_EQ(Heard(), Lines{"update v2! x@2"});
}

TEST_F(FileSourceTest, WhatCannotBeWatchedIsAnErrorThatNamesIt) {
  auto source = Make({.path = "/etc/nothing.yaml"}, inline_);
  const absl::Status status = source->Start();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.ToString().find("/etc/nothing.yaml"), std::string::npos);
}

TEST_F(FileSourceTest, AChangeDuringAReadIsReadOnceMore) {
  files_.Write("/etc/cds.yaml", Sotw(kClusters, "1", "", {{"x", "one"}}));
  auto source = Make({.path = "/etc/cds.yaml"}, deferred_);
  ASSERT_TRUE(source->Start().ok());
  files_.Write("/etc/cds.yaml", Sotw(kClusters, "2", "", {{"x", "two"}}));
  EXPECT_EQ(Heard(), Lines{});
  EXPECT_EQ(deferred_.waiting(), 1u);
  deferred_.RunAll();
  EXPECT_EQ(Heard(), Lines{});
  EXPECT_EQ(deferred_.waiting(), 1u);
  deferred_.RunAll();
  EXPECT_EQ(Heard(), Lines{"update v2! x@2"});
}

TEST_F(FileSourceTest, DiesWhileTheFileIsRead) {
  files_.Write("/etc/cds.yaml", Sotw(kClusters, "1", "", {{"x", "one"}}));
  auto source = Make({.path = "/etc/cds.yaml"}, deferred_);
  ASSERT_TRUE(source->Start().ok());
  source.reset();
  deferred_.RunAll();
  EXPECT_EQ(Heard(), Lines{});
  EXPECT_EQ(files_.watches(), 0u);
}

}  // namespace
}  // namespace weir::xds
