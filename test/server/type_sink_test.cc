#include "source/server/type_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "source/base/status.h"
#include "source/schema/resource_type.h"
#include "test/fakes/sim_loop.h"

namespace weir::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NoSinks final : public filter::LogSinks {
 public:
  std::shared_ptr<filter::LogSink> Open(const std::string&) override { return nullptr; }
  std::shared_ptr<filter::LogSink> OpenPrivate(const std::string&) override { return nullptr; }
};

// Keeps its work until it is told to run it, on a thread of its own.
class HeldExecutor final : public event::Executor {
 public:
  void Run(std::function<void()> work) override { work_.push_back(std::move(work)); }
  void RunAll() {
    std::thread([work = std::exchange(work_, {})] {
      for (const auto& each : work) each();
    }).join();
  }

 private:
  std::vector<std::function<void()>> work_;
};

// A ClusterLoadAssignment: field 1 is its name. `broken` has a field that no API has.
xds::RawResource Resource(char name, bool broken = false) {
  std::string bytes = {'\x0a', '\x01', name};
  if (broken) bytes += "\xc8\x3e\x01";
  return {NamedBytes(std::string(1, name), "1", bytes)};
}

class TypeSinkTest : public testing::Test {
 protected:
  TypeSinkTest() {
    target.set.type_url = std::string(schema::kClusterLoadAssignmentTypeUrl);
    target.prepare = [this](const std::string& key,
                            CompiledValue value) -> absl::StatusOr<std::function<void()>> {
      const auto endpoints = std::get<std::shared_ptr<const config::Endpoints>>(value);
      lines.push_back("prepare " + key);
      if (endpoints->cluster_name == refused) return InvalidArgument("not that one");
      return [this, endpoints] { lines.push_back("commit " + endpoints->cluster_name); };
    };
    target.remove = [this](const std::string& name) { lines.push_back("remove " + name); };
    target.timed_out = [](const std::string&) {};
    target.released = [](const std::string&) {};
    target.first_answer = [this] { lines.push_back("first answer"); };
  }
  std::unique_ptr<TypeSink> Sink(bool transactional) {
    return std::make_unique<TypeSink>(target, transactional, compiler, executor, loop, book);
  }
  void Update(TypeSink& sink, std::vector<xds::RawResource> resources) {
    xds::Update update{.version = "v", .resources = std::move(resources), .removed = {"z"}};
    sink.OnUpdate(std::move(update), [this](const xds::Verdict& given) { verdict = given; });
  }
  std::vector<std::string> Rejected() const {
    std::vector<std::string> names;
    for (const xds::Rejection& rejection : verdict->rejections) names.push_back(rejection.name);
    return names;
  }

  fakes::SimLoop loop{1};
  HeldExecutor executor;
  config::proto::ExtensionDecoders decoders;
  config::proto::NoDataReader data;
  filter::Factories factories;
  NoSinks sinks;
  config::Runtime runtime;
  ResourceCompiler compiler{{decoders, data, false, &runtime}, factories, sinks};
  ResourceBook book;
  TypeTarget target;
  std::string refused;
  std::vector<std::string> lines;
  std::optional<xds::Verdict> verdict;
};

TEST_F(TypeSinkTest, DecodingAndValidatingRunOnThePoolAndTheMainThreadOnlyApplies) {
  const auto sink = Sink(false);
  Update(*sink, {Resource('a'), Resource('b', true)});
  loop.RunFor(std::chrono::seconds(1));
  EXPECT_FALSE(verdict.has_value()) << "nothing is known before the pool has looked";
  EXPECT_THAT(lines, IsEmpty());
  executor.RunAll();
  EXPECT_THAT(lines, IsEmpty()) << "what is applied is applied on the main loop";
  loop.RunFor(std::chrono::milliseconds(1));
  EXPECT_THAT(lines, ElementsAre("prepare a", "commit a", "remove z", "first answer"));
  EXPECT_THAT(Rejected(), ElementsAre("b"));
  EXPECT_TRUE(verdict->applied);
}

TEST_F(TypeSinkTest, ValuesOfOneUpdateAreCheckedTogetherAndFollowedByOneEnd) {
  target.check = [this](const std::vector<KeyedValue>& values) {
    lines.push_back(StrCat("check ", values.size()));
    std::vector<absl::Status> statuses(values.size());
    statuses[1] = InvalidArgument("does not fit");
    return statuses;
  };
  target.committed = [this] { lines.push_back("committed"); };
  const auto sink = Sink(false);
  Update(*sink, {Resource('a'), Resource('b', true), Resource('c'), Resource('d')});
  executor.RunAll();
  loop.RunFor(std::chrono::milliseconds(1));
  EXPECT_THAT(lines, ElementsAre("check 3", "prepare a", "prepare d", "commit a", "commit d",
                                 "remove z", "committed", "first answer"));
  EXPECT_THAT(Rejected(), ElementsAre("b", "c"));
}

TEST_F(TypeSinkTest, ResourcesAreKnownByTheirNameWithinTheirOrigin) {
  target.set.origin = "/file";
  target.released = [this](const std::string& key) { lines.push_back("released " + key); };
  const auto sink = Sink(false);
  Update(*sink, {Resource('a')});
  executor.RunAll();
  loop.RunFor(std::chrono::milliseconds(1));
  sink->ReleaseAll();
  EXPECT_THAT(lines, ElementsAre("prepare a\n/file", "commit a", "remove z\n/file", "first answer",
                                 "released a\n/file"));
  EXPECT_THAT(book.Sets(), IsEmpty());
}

TEST_F(TypeSinkTest, ATransactionCommitsWhenEverythingIsPrepared) {
  const auto sink = Sink(true);
  Update(*sink, {Resource('a'), Resource('b')});
  executor.RunAll();
  loop.RunFor(std::chrono::milliseconds(1));
  EXPECT_THAT(lines, ElementsAre("prepare a", "prepare b", "commit a", "commit b", "remove z",
                                 "first answer"));
  EXPECT_TRUE(verdict->applied);
  EXPECT_EQ(book.Sets()[0].records.size(), 2u);
}

TEST_F(TypeSinkTest, ATransactionWithARefusedResourceCommitsNothing) {
  const auto sink = Sink(true);
  refused = "b";
  Update(*sink, {Resource('a'), Resource('b')});
  executor.RunAll();
  loop.RunFor(std::chrono::milliseconds(1));
  EXPECT_THAT(lines, ElementsAre("prepare a", "prepare b", "first answer"));
  EXPECT_THAT(Rejected(), ElementsAre("b"));
  EXPECT_FALSE(verdict->applied);
  EXPECT_EQ(book.Sets()[0].version, "");
}

TEST_F(TypeSinkTest, ASinkThatEndsWhileThePoolWorksIsNotCalled) {
  auto sink = Sink(false);
  Update(*sink, {Resource('a')});
  executor.RunAll();
  sink.reset();
  loop.RunFor(std::chrono::milliseconds(1));
  EXPECT_THAT(lines, IsEmpty());
  EXPECT_FALSE(verdict.has_value());
}

}  // namespace
}  // namespace weir::server
