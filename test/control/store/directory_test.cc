// The watched directory over the real files of this machine.
#include "source/control/store/directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "source/event/epoll_loop.h"
#include "source/event/system_files.h"

namespace weir::control::store {
namespace {

TEST(Directory, ReadsItsFilesInOrderAndReportsChanges) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / "weir_directory_test";
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  std::ofstream(path / "b.yaml") << "b";
  std::ofstream(path / "a.json") << "a";
  std::ofstream(path / "notes.txt") << "no";

  const event::SystemClock clock;
  auto loop = *event::EpollLoop::Create(clock);
  auto files = *event::SystemFiles::Create(*loop);
  Directory directory(*files, path.string() + "/");
  std::vector<std::vector<TextFile>> sets;
  ASSERT_TRUE(directory
                  .Watch([&](absl::StatusOr<std::vector<TextFile>> now) {
                    ASSERT_TRUE(now.ok()) << now.status();
                    sets.push_back(*std::move(now));
                  })
                  .ok());
  const auto first = directory.Read();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->size(), 2u);
  EXPECT_EQ((*first)[0].path, (path / "a.json").string());
  EXPECT_EQ((*first)[1].text, "b");

  std::ofstream(path / "c.yml") << "c";
  const auto deadline = clock.Monotonic() + std::chrono::seconds(20);
  while ((sets.empty() || sets.back().size() < 3 || sets.back()[2].text != "c") &&
         clock.Monotonic() < deadline) {
    loop->RunOnce(std::chrono::milliseconds(100));
  }
  ASSERT_FALSE(sets.empty());
  ASSERT_EQ(sets.back().size(), 3u);
  EXPECT_EQ(sets.back()[2].text, "c");
  std::filesystem::remove_all(path);
}

TEST(Directory, OneThatIsMissingIsAnError) {
  const event::SystemClock clock;
  auto loop = *event::EpollLoop::Create(clock);
  auto files = *event::SystemFiles::Create(*loop);
  Directory directory(*files, "/nowhere/at/all");
  EXPECT_FALSE(directory.Read().ok());
  EXPECT_FALSE(directory.Watch([](auto) {}).ok());
}

}  // namespace
}  // namespace weir::control::store
