#include "source/server/log_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include "source/base/strings.h"

namespace weir::server {
namespace {

using testing::HasSubstr;

// Written when asked for, and never by the clock.
constexpr std::chrono::hours kNever{1000};

class LogFilesTest : public testing::Test {
 protected:
  LogFilesTest() : folder_(StrCat(testing::TempDir(), "/log_files_", getpid())) {
    mkdir(folder_.c_str(), 0700);
  }
  std::string Path(const std::string& name) const {
    return StrCat(folder_, "/", testing::UnitTest::GetInstance()->current_test_info()->name(), "_",
                  name);
  }
  static std::string Content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return std::move(text).str();
  }

  const std::string folder_;
};

TEST_F(LogFilesTest, WritesWhatWasLoggedInOrderAndBehindWhatIsThere) {
  const std::string path = Path("a");
  std::ofstream(path) << "before\n";
  LogFiles files(kNever);
  const auto sink = files.Open(path);
  sink->Write("one\n");
  sink->Write("two\n");
  files.Flush();
  EXPECT_EQ(Content(path), "before\none\ntwo\n");
  EXPECT_EQ(files.dropped(), 0u);
}

TEST_F(LogFilesTest, OnePathIsOneFile) {
  LogFiles files(kNever);
  EXPECT_EQ(files.Open(Path("a")), files.Open(Path("a")));
  EXPECT_NE(files.Open(Path("a")), files.Open(Path("b")));
}

TEST_F(LogFilesTest, WhatIsLeftIsWrittenAtTheEnd) {
  const std::string path = Path("a");
  {
    LogFiles files(kNever);
    files.Open(path)->Write("last\n");
  }
  EXPECT_EQ(Content(path), "last\n");
}

TEST_F(LogFilesTest, ARotatedFileIsLetGo) {
  const std::string path = Path("a");
  LogFiles files(kNever);
  const auto sink = files.Open(path);
  sink->Write("old\n");
  ASSERT_EQ(rename(path.c_str(), (path + ".1").c_str()), 0);
  files.Reopen();
  sink->Write("new\n");
  files.Flush();
  EXPECT_EQ(Content(path + ".1"), "old\n");
  EXPECT_EQ(Content(path), "new\n");
}

TEST_F(LogFilesTest, EveryThreadsLinesComeWholeAndInItsOrder) {
  const std::string path = Path("a");
  constexpr int kLines = 2000;
  {
    LogFiles files(kNever);
    const auto sink = files.Open(path);
    std::vector<std::thread> threads;
    for (const char name : {'a', 'b', 'c'}) {
      threads.emplace_back([&sink, name] {
        for (int i = 0; i < kLines; ++i) sink->Write(StrCat(std::string(1, name), " ", i, "\n"));
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(files.dropped(), 0u);
  }
  std::istringstream lines(Content(path));
  std::map<char, int> next;
  for (std::string line; std::getline(lines, line);) {
    ASSERT_EQ(line, StrCat(std::string(1, line[0]), " ", next[line[0]]++));
  }
  EXPECT_EQ(next['a'] + next['b'] + next['c'], 3 * kLines);
}

TEST_F(LogFilesTest, ALineBeyondTheRingIsDroppedAndCounted) {
  const std::string path = Path("a");
  LogFiles files(kNever);
  const auto sink = files.Open(path);
  sink->Write(std::string(LogFiles::kRingBytes, 'x'));
  files.Flush();
  EXPECT_EQ(Content(path).size(), LogFiles::kRingBytes);
  EXPECT_EQ(files.dropped(), 0u);
  sink->Write(std::string(LogFiles::kRingBytes + 1, 'y'));
  files.Flush();
  EXPECT_EQ(files.dropped(), 1u);
  EXPECT_EQ(Content(path).size(), LogFiles::kRingBytes);
}

TEST_F(LogFilesTest, AFileThatCannotBeOpenedDropsItsLines) {
  LogFiles files(kNever);
  files.Open(Path("no/such/folder"))->Write("x\n");
  files.Flush();
  EXPECT_EQ(files.dropped(), 1u);
}

// A thread outlives a set of files; the next set may lie where the first one lay.
TEST_F(LogFilesTest, AThreadThatKnewFormerFilesWritesToTheNewOnes) {
  for (int i = 0; i < 3; ++i) {
    const std::string path = Path(StrCat(i));
    {
      LogFiles files(kNever);
      files.Open(path)->Write("line\n");
    }
    EXPECT_EQ(Content(path), "line\n");
  }
}

TEST_F(LogFilesTest, APrivateLogIsMadeForItsOwnerAlone) {
  LogFiles files(kNever);
  const auto mode = [](const std::string& path) {
    struct stat about = {};
    stat(path.c_str(), &about);
    return about.st_mode & 0777;
  };
  files.OpenPrivate(Path("keys"))->Write("line\n");
  files.Open(Path("access"))->Write("line\n");
  EXPECT_EQ(mode(Path("keys")), 0600u);
  EXPECT_NE(mode(Path("access")), 0600u);
}

}  // namespace
}  // namespace weir::server
