// The store on real files: revisions, history, transactions, damage.
#include "source/control/store/store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "source/base/status.h"

namespace weir::control::store {
namespace {

class StoreTest : public testing::Test {
 protected:
  StoreTest() : directory_(std::filesystem::path(testing::TempDir()) / "weir_store_test") {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~StoreTest() override { std::filesystem::remove_all(directory_); }

  std::string path() const { return (directory_ / "store.db").string(); }
  std::unique_ptr<Store> Open() {
    auto store = Store::Open(path());
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  const std::filesystem::path directory_;
};

StoredResource Cluster(const std::string& name, const std::string& bytes) {
  StoredResource resource;
  resource.type_url = engine::kClusterType;
  resource.name = name;
  resource.bytes = bytes;
  resource.source = {"clusters.yaml", 3, 5};
  resource.text = "the whole text";
  return resource;
}

Revision About(const std::string& message) {
  Revision revision;
  revision.author = "alice";
  revision.message = message;
  revision.origin = "push";
  revision.digest = "d";
  revision.time = WallTime(std::chrono::seconds(7));
  return revision;
}

std::string Names(const absl::StatusOr<std::vector<StoredResource>>& resources) {
  if (!resources.ok()) return std::string(resources.status().message());
  std::string text;
  for (const StoredResource& one : *resources) text += one.name + "=" + one.bytes + " ";
  return text;
}

TEST_F(StoreTest, WhatWasCommittedIsThereAfterOpeningAgain) {
  {
    auto store = Open();
    EXPECT_EQ(store->Newest()->number, 0u);
    EXPECT_EQ(*store->Commit(0, About("first"),
                             {Cluster("b", "1"), Cluster("a", std::string("\0x", 2))}, {}),
              1u);
  }
  auto store = Open();
  const auto all = store->Load();
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].name, "a");
  EXPECT_EQ((*all)[0].bytes, std::string("\0x", 2));
  EXPECT_EQ((*all)[1].source, (engine::SourcePosition{"clusters.yaml", 3, 5}));
  EXPECT_EQ((*all)[1].text, "the whole text");
  EXPECT_EQ((*all)[1].revision, 1u);
  EXPECT_EQ((*all)[1].changed_at, WallTime(std::chrono::seconds(7)));
  EXPECT_EQ(store->Newest()->author, "alice");
  EXPECT_EQ(store->Newest()->message, "first");
}

TEST_F(StoreTest, EveryRevisionCanBeReadAgain) {
  auto store = Open();
  ASSERT_TRUE(store->Commit(0, About("1"), {Cluster("a", "1")}, {}).ok());
  ASSERT_TRUE(store->Commit(1, About("2"), {Cluster("a", "2"), Cluster("b", "1")}, {}).ok());
  ASSERT_TRUE(store->Commit(2, About("3"), {}, {{std::string(engine::kClusterType), "a"}}).ok());
  EXPECT_EQ(Names(store->LoadAt(1)), "a=1 ");
  EXPECT_EQ(Names(store->LoadAt(2)), "a=2 b=1 ");
  EXPECT_EQ(Names(store->LoadAt(3)), "b=1 ");
  EXPECT_EQ(Names(store->Load()), "b=1 ");
  EXPECT_EQ(Names(store->LoadAt(2, engine::kClusterType)), "a=2 b=1 ");
  EXPECT_EQ(Names(store->LoadAt(2, engine::kRouteType)), "");
  const auto revisions = store->Revisions(2);
  ASSERT_TRUE(revisions.ok());
  ASSERT_EQ(revisions->size(), 2u);
  EXPECT_EQ((*revisions)[0].number, 3u);
  EXPECT_EQ((*revisions)[1].message, "2");
}

TEST_F(StoreTest, TheRevisionsThatChangedATypeAreKnown) {
  auto store = Open();
  StoredResource route = Cluster("r", "1");
  route.type_url = engine::kRouteType;
  ASSERT_TRUE(store->Commit(0, About("1"), {Cluster("a", "1"), Cluster("b", "1")}, {}).ok());
  ASSERT_TRUE(store->Commit(1, About("2"), {route}, {}).ok());
  ASSERT_TRUE(store->Commit(2, About("3"), {Cluster("a", "2")}, {}).ok());
  ASSERT_TRUE(store->Commit(3, About("4"), {}, {{std::string(engine::kClusterType), "b"}}).ok());
  EXPECT_EQ(*store->RevisionsOf(engine::kClusterType, 10), (std::vector<uint64_t>{4, 3, 1}));
  EXPECT_EQ(*store->RevisionsOf(engine::kClusterType, 2), (std::vector<uint64_t>{4, 3}));
  EXPECT_EQ(*store->RevisionsOf(engine::kRouteType, 10), (std::vector<uint64_t>{2}));
  EXPECT_TRUE(store->RevisionsOf(engine::kListenerType, 10)->empty());
}

TEST_F(StoreTest, ACommitOnAnotherRevisionThanTheNewestDoesNothing) {
  auto store = Open();
  ASSERT_TRUE(store->Commit(0, About("1"), {Cluster("a", "1")}, {}).ok());
  const auto late = store->Commit(0, About("late"), {Cluster("a", "9")}, {});
  EXPECT_EQ(late.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Names(store->Load()), "a=1 ");
  EXPECT_EQ(store->Newest()->number, 1u);
}

TEST_F(StoreTest, ACommitThatFailsHalfwayLeavesNothing) {
  auto store = Open();
  // The same name twice breaks the key in the middle of the transaction.
  const auto broken = store->Commit(0, About("1"), {Cluster("a", "1"), Cluster("a", "2")}, {});
  EXPECT_FALSE(broken.ok());
  EXPECT_EQ(Names(store->Load()), "");
  EXPECT_EQ(store->Newest()->number, 0u);
  EXPECT_TRUE(store->Commit(0, About("1"), {Cluster("a", "1")}, {}).ok());
}

TEST_F(StoreTest, NobodyButItsOwnerReadsTheFiles) {
  std::ofstream(path()).flush();
  std::filesystem::permissions(path(), std::filesystem::perms(0644));
  auto store = Open();
  ASSERT_TRUE(store->Commit(0, About("first"), {Cluster("a", "1")}, {}).ok());
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory_)) {
    ++files;
    EXPECT_EQ(file.status().permissions(), std::filesystem::perms(0600)) << file.path();
  }
  EXPECT_GT(files, 1u) << "the log of writes lies beside the store";
}

TEST_F(StoreTest, ADamagedFileIsRefused) {
  std::ofstream(path()) << "this is no database, but it is long enough to be looked at as one";
  const auto store = Store::Open(path());
  ASSERT_FALSE(store.ok());
  EXPECT_NE(MessageOf(store.status()).find(path()), std::string_view::npos) << store.status();
}

TEST_F(StoreTest, AFileOfANewerSchemaIsRefused) {
  Open().reset();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "PRAGMA user_version = 99", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  const auto store = Store::Open(path());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition) << store.status();
}

TEST_F(StoreTest, WhatIsTheDirectorysIsMarked) {
  auto store = Open();
  StoredResource watched = Cluster("w", "1");
  watched.in_directory = true;
  ASSERT_TRUE(store->Commit(0, About("1"), {watched, Cluster("p", "1")}, {}).ok());
  const auto all = *Open()->Load();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_FALSE(all[0].in_directory);
  EXPECT_TRUE(all[1].in_directory);
}

TEST_F(StoreTest, AFileOfTheFirstSchemaIsTakenOver) {
  ASSERT_TRUE(Open()->Commit(0, About("1"), {Cluster("a", "1")}, {}).ok());
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database,
                         "ALTER TABLE resources DROP COLUMN in_directory; PRAGMA user_version = 1",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  auto store = Open();
  EXPECT_EQ(Names(store->Load()), "a=1 ");
  StoredResource watched = Cluster("w", "1");
  watched.in_directory = true;
  EXPECT_TRUE(store->Commit(1, About("2"), {watched}, {}).ok());
  EXPECT_EQ(Names(Open()->Load()), "a=1 w=1 ");
}

TEST_F(StoreTest, ADirectoryThatIsNotThereIsSaidSo) {
  const auto store = Store::Open((directory_ / "missing" / "store.db").string());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace weir::control::store
