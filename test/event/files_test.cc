// What every Files does, for the kernel's and those in memory; then what is SystemFiles' own.
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "gtest/gtest.h"
#include "source/base/status.h"
#include "source/event/link_chain.h"
#include "source/event/system_files.h"
#include "source/event/thread_pool.h"
#include "test/fakes/fake_files.h"
#include "test/fakes/sim_loop.h"

namespace weir::event {
namespace {

class Disk {
 public:
  virtual ~Disk() = default;
  virtual Files& files() = 0;
  virtual std::string Path(const std::string& name) = 0;
  virtual bool RunUntil(const std::function<bool()>& done) = 0;
  virtual void Settle() = 0;
  virtual void Remove(const std::string& path) = 0;
};

class KernelDisk final : public Disk {
 public:
  KernelDisk() {
    const char* base = std::getenv("TEST_TMPDIR");
    std::string pattern = StrCat(base != nullptr ? base : "/tmp", "/files.XXXXXX");
    root_ = mkdtemp(pattern.data());
  }
  ~KernelDisk() override { std::filesystem::remove_all(root_); }
  Files& files() override { return *files_; }
  std::string Path(const std::string& name) override { return StrCat(root_, "/", name); }
  bool RunUntil(const std::function<bool()>& done) override {
    for (int turns = 0; turns < 500 && !done(); ++turns) {
      loop_->RunOnce(std::chrono::milliseconds(10));
    }
    return done();
  }
  void Settle() override {
    for (int turns = 0; turns < 5; ++turns) loop_->RunOnce(std::chrono::milliseconds(1));
  }
  void Remove(const std::string& path) override { std::filesystem::remove(path); }
  const std::string& root() const { return root_; }

 private:
  SystemClock clock_;
  std::unique_ptr<EpollLoop> loop_ = *EpollLoop::Create(clock_);
  std::unique_ptr<SystemFiles> files_ = *SystemFiles::Create(*loop_);
  std::string root_;
};

class MemoryDisk final : public Disk {
 public:
  Files& files() override { return files_; }
  std::string Path(const std::string& name) override { return StrCat("/etc/weir/", name); }
  bool RunUntil(const std::function<bool()>& done) override { return loop_.RunUntilTrue(done); }
  void Settle() override { loop_.RunFor(std::chrono::seconds(1)); }
  void Remove(const std::string& path) override { files_.Remove(path); }

 private:
  fakes::SimLoop loop_;
  fakes::FakeFiles files_{loop_};
};

template <typename T>
class EveryFiles : public ::testing::Test {
 protected:
  Files& files() { return disk_.files(); }
  std::string Path(const std::string& name) { return disk_.Path(name); }
  void Write(const std::string& name, std::string_view bytes) {
    ASSERT_TRUE(files().WriteAtomically(Path(name), bytes).ok());
  }
  T disk_;
};
using Disks = ::testing::Types<KernelDisk, MemoryDisk>;
TYPED_TEST_SUITE(EveryFiles, Disks);

TYPED_TEST(EveryFiles, ReadsWhatWasWritten) {
  const std::string bytes = std::string(200'000, 'x') + '\0' + "end";
  this->Write("a", bytes);
  EXPECT_TRUE(*this->files().Read(this->Path("a"), 1 << 20) == bytes);
  this->Write("a", "short");
  EXPECT_EQ(*this->files().Read(this->Path("a"), 5), "short");
}

TYPED_TEST(EveryFiles, ErrorsNameThePath) {
  const auto missing = this->files().Read(this->Path("none"), 10);
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(missing.status()), StrCat(this->Path("none"), ": No such file or directory"));
  this->Write("large", "12345");
  const auto large = this->files().Read(this->Path("large"), 4);
  EXPECT_EQ(large.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(this->files().Watch(this->Path("none"), [] {}).status().code(),
            absl::StatusCode::kNotFound);
}

TYPED_TEST(EveryFiles, ListsPlainFilesSortedWithoutHiddenOnes) {
  for (const char* name : {"b.yaml", "a.yaml", ".hidden"}) this->Write(name, "x");
  const auto names = this->files().List(
      this->Path("a.yaml").substr(0, this->Path("a.yaml").size() - std::string("/a.yaml").size()));
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(*names, (std::vector<std::string>{"a.yaml", "b.yaml"}));
}

TYPED_TEST(EveryFiles, AWatchHearsOfReplacementsAndOfNothingElse) {
  this->Write("watched", "1");
  this->Write("other", "1");
  int changes = 0;
  const auto watch = this->files().Watch(this->Path("watched"), [&] { ++changes; });
  ASSERT_TRUE(watch.ok());
  this->Write("other", "2");
  this->disk_.Settle();
  EXPECT_EQ(changes, 0);
  this->Write("watched", "2");
  EXPECT_EQ(changes, 0) << "called back from inside";
  EXPECT_TRUE(this->disk_.RunUntil([&] { return changes == 1; }));
  this->Write("watched", "3");
  EXPECT_TRUE(this->disk_.RunUntil([&] { return changes == 2; }));
}

TYPED_TEST(EveryFiles, AWatchOfADirectoryHearsOfItsFiles) {
  this->Write("a", "1");
  int changes = 0;
  const std::string directory = this->Path("a").substr(0, this->Path("a").size() - 2);
  const auto watch = this->files().Watch(directory, [&] { ++changes; });
  ASSERT_TRUE(watch.ok());
  this->Write("b", "1");
  EXPECT_TRUE(this->disk_.RunUntil([&] { return changes > 0; }));
  this->disk_.Settle();
  const int before = changes;
  this->disk_.Remove(this->Path("a"));
  EXPECT_TRUE(this->disk_.RunUntil([&] { return changes > before; }));
}

TYPED_TEST(EveryFiles, AnEndedWatchHearsNothing) {
  this->Write("a", "1");
  int changes = 0;
  auto watch = this->files().Watch(this->Path("a"), [&] { ++changes; });
  this->Write("a", "2");
  watch->reset();
  this->disk_.Settle();
  EXPECT_EQ(changes, 0);
}

TYPED_TEST(EveryFiles, ACallbackMayEndItsOwnAndOtherWatches) {
  this->Write("a", "1");
  int changes = 0;
  std::unique_ptr<FileWatch> first, second;
  const auto end_both = [&] {
    ++changes;
    second.reset();
    first.reset();
  };
  first = *this->files().Watch(this->Path("a"), end_both);
  second = *this->files().Watch(this->Path("a"), end_both);
  this->Write("a", "2");
  this->disk_.Settle();
  EXPECT_EQ(changes, 1);
}

// A volume as Kubernetes mounts it.
class MountedVolume : public ::testing::Test {
 protected:
  void SetUp() override {
    AddVersion("v1", "one");
    std::filesystem::create_directory_symlink("v1", disk_.Path("..data"));
    std::filesystem::create_symlink("..data/config.yaml", disk_.Path("config.yaml"));
  }
  void AddVersion(const std::string& version, const std::string& text) {
    std::filesystem::create_directory(disk_.Path(version));
    std::ofstream(disk_.Path(version + "/config.yaml")) << text;
  }
  void Swap(const std::string& version) {
    std::filesystem::create_directory_symlink(version, disk_.Path("..data_tmp"));
    std::filesystem::rename(disk_.Path("..data_tmp"), disk_.Path("..data"));
  }
  std::string Read() { return *disk_.files().Read(disk_.Path("config.yaml"), 100); }

  KernelDisk disk_;
};

TEST_F(MountedVolume, AWatchFollowsTheSwappedLinkAgainAndAgain) {
  int changes = 0;
  const auto watch = disk_.files().Watch(disk_.Path("config.yaml"), [&] { ++changes; });
  ASSERT_TRUE(watch.ok());
  for (const char* version : {"v2", "v3", "v4"}) {
    AddVersion(version, version);
    disk_.Settle();
    const int before = changes;
    Swap(version);
    ASSERT_TRUE(disk_.RunUntil([&] { return changes > before; })) << version;
    EXPECT_EQ(Read(), version);
    // The old version goes away, as the kubelet does it.
    std::filesystem::remove_all(disk_.Path(version[1] == '2'   ? "v1"
                                           : version[1] == '3' ? "v2"
                                                               : "v3"));
    disk_.Settle();
  }
  // The file in the directory that is linked to now is watched too.
  const int before = changes;
  std::ofstream(disk_.Path("v4/config.yaml")) << "edited";
  EXPECT_TRUE(disk_.RunUntil([&] { return changes > before; }));
  EXPECT_EQ(Read(), "edited");
}

TEST_F(MountedVolume, AWatchOfTheDirectoryHearsOfTheSwap) {
  int changes = 0;
  const auto watch = disk_.files().Watch(disk_.root(), [&] { ++changes; });
  ASSERT_TRUE(watch.ok());
  AddVersion("v2", "two");
  disk_.Settle();
  const int before = changes;
  Swap("v2");
  EXPECT_TRUE(disk_.RunUntil([&] { return changes > before; }));
}

TEST_F(MountedVolume, FollowLinksNamesEveryEntryOnTheWay) {
  const std::vector<DirectoryEntry> chain = FollowLinks(disk_.Path("config.yaml"));
  const std::string root = std::filesystem::canonical(disk_.root());
  ASSERT_GE(chain.size(), 3u);
  const std::vector<DirectoryEntry> last(chain.end() - 3, chain.end());
  EXPECT_EQ(last, (std::vector<DirectoryEntry>{
                      {root, "config.yaml"}, {root, "..data"}, {root + "/v1", "config.yaml"}}));
}

TEST(FollowLinks, ACircleEnds) {
  KernelDisk disk;
  std::filesystem::create_symlink("b", disk.Path("a"));
  std::filesystem::create_symlink("a", disk.Path("b"));
  EXPECT_LE(FollowLinks(disk.Path("a")).size(), 60u);
}

TEST(SystemFiles, ANewFileIsForItsOwnerAloneAndAnOldOneKeepsItsMode) {
  KernelDisk disk;
  const std::string path = disk.Path("secret");
  struct stat facts;
  ASSERT_TRUE(disk.files().WriteAtomically(path, "1").ok());
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  chmod(path.c_str(), 0644);
  ASSERT_TRUE(disk.files().WriteAtomically(path, "2").ok());
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0644u);
}

TEST(SystemFiles, AFailedWriteLeavesNothingBehind) {
  KernelDisk disk;
  EXPECT_FALSE(disk.files().WriteAtomically(disk.Path("no/such/directory"), "x").ok());
  std::filesystem::create_directory(disk.Path("taken"));
  EXPECT_FALSE(disk.files().WriteAtomically(disk.Path("taken"), "x").ok());
  size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(disk.root())) {
    ++entries;
  }
  EXPECT_EQ(entries, 1u);
}

TEST(ThreadPool, WorkRunsAndItsResultsComeBackByPost) {
  SystemClock clock;
  const auto loop = *EpollLoop::Create(clock);
  ThreadPool pool(3);
  int results = 0;  // Loop's thread alone.
  for (int i = 0; i < 100; ++i) {
    pool.Run([&] {
      loop->Post([&] {
        if (++results == 100) loop->Stop();
      });
    });
  }
  loop->Run();
  EXPECT_EQ(results, 100);
}

TEST(ThreadPool, WhatWaitsAtTheEndIsDestroyedUnrun) {
  std::atomic<bool> ran{false};
  auto token = std::make_shared<int>(0);
  std::atomic<bool> started{false}, release{false};
  auto pool = std::make_unique<ThreadPool>(1);
  pool->Run([&] {
    started = true;
    started.notify_one();
    release.wait(false);
  });
  started.wait(false);
  pool->Run([&ran, token] { ran = true; });
  std::thread ender([&] { pool.reset(); });
  while (token.use_count() > 1) std::this_thread::yield();
  release = true;
  release.notify_one();
  ender.join();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace weir::event
