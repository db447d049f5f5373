#include "source/generation/worker_generation.h"

#include <gtest/gtest.h>

namespace weir::generation {
namespace {

class WorkerGenerationTest : public testing::Test {
 protected:
  std::shared_ptr<const Snapshot> Make(uint64_t number) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->number = number;
    return snapshot;
  }

  size_t released_ = 0;
  WorkerGeneration generations_{[this](std::shared_ptr<const void>) { ++released_; }};
};

TEST_F(WorkerGenerationTest, OneWithoutUsersIsReleasedWhenTheNextComes) {
  generations_.Install(Make(1));
  generations_.Install(Make(2));
  EXPECT_EQ(released_, 1u);
  EXPECT_EQ(generations_.current().number, 2u);
  EXPECT_EQ(generations_.held_count(), 1u);
}

TEST_F(WorkerGenerationTest, OneWithUsersIsHeldUntilTheLastHasGone) {
  generations_.Install(Make(1));
  WorkerGeneration::Pin first = generations_.PinCurrent();
  WorkerGeneration::Pin second = generations_.PinCurrent();
  generations_.Install(Make(2));
  generations_.Install(Make(3));
  EXPECT_EQ(released_, 1u);  // The second one, which nobody used.
  EXPECT_EQ(first->number, 1u);
  first.Reset();
  EXPECT_EQ(released_, 1u);
  WorkerGeneration::Pin moved = std::move(second);
  moved.Reset();
  EXPECT_EQ(released_, 2u);
  EXPECT_EQ(generations_.held_count(), 1u);
}

TEST_F(WorkerGenerationTest, APartOutlivesItsGenerationAndIsReleasedLikeOne) {
  generations_.Install(Make(1));
  const auto table = std::make_shared<int>(7);
  WorkerGeneration::Pin pin = generations_.PinCurrent();
  {
    WorkerGeneration::Part part;
    part = generations_.Keep(table);
    pin.Reset();
    generations_.Install(Make(2));
    EXPECT_EQ(released_, 1u);
    EXPECT_EQ(table.use_count(), 2);
    const WorkerGeneration::Part moved = std::move(part);
  }
  EXPECT_EQ(released_, 2u);
  EXPECT_EQ(table.use_count(), 1);
}

TEST_F(WorkerGenerationTest, TheCurrentOneStaysWithoutUsers) {
  generations_.Install(Make(1));
  generations_.PinCurrent().Reset();
  EXPECT_EQ(released_, 0u);
  EXPECT_EQ(generations_.current().number, 1u);
}

}  // namespace
}  // namespace weir::generation
