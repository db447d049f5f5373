// Runs seeds of the simulation:
//
//   sim_test [--seed=N] [--seeds=M] [--mode=faults|lossless|both] [--log]
//
// A failed seed prints what is broken, the trace that led there, and the command that repeats it.

#include <gtest/gtest.h>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>

#include "source/base/log.h"
#include "source/base/strings.h"
#include "test/sim/simulation.h"

namespace weir::sim {
namespace {

struct Flags {
  uint64_t first = 1;
  uint64_t count = 0;  // 0: as many as a test run has time for.
  std::string mode = "both";
};

Flags flags;

constexpr uint64_t kUsualSeeds = 400;
constexpr uint64_t kProgressEvery = 1000;

class SimulationTest : public testing::TestWithParam<Mode> {};

std::string NameOf(Mode mode) { return mode == Mode::kFaults ? "faults" : "lossless"; }

std::string CommandFor(uint64_t seed, Mode mode) {
  return StrCat("Run it again with\n  bazel run //test/sim:sim_test -- --seed=", seed,
                " --seeds=1 --mode=", NameOf(mode), "\n");
}

std::string Report(uint64_t seed, Mode mode, const RunResult& result) {
  return StrCat(result.trace, "\nBroken in seed ", seed, " (", NameOf(mode), "):\n", result.failure,
                "\n", CommandFor(seed, mode));
}

// What to say when the process dies under the run: of a check that failed, or a bad access.
std::string last_words;

void OnCrash(int signal) {
  const ssize_t written = write(STDERR_FILENO, last_words.data(), last_words.size());
  static_cast<void>(written);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

TEST_P(SimulationTest, EveryInvariantHoldsForEverySeed) {
  const Mode mode = GetParam();
  if (flags.mode != "both" && flags.mode != NameOf(mode)) return;
  const uint64_t count = flags.count == 0 ? kUsualSeeds : flags.count;
  size_t requests = 0, answered = 0, lost = 0, faults = 0, changes = 0;
  for (uint64_t seed = flags.first; seed < flags.first + count; ++seed) {
    last_words = CommandFor(seed, mode);
    const RunResult result = RunSeed(seed, mode);
    ASSERT_EQ(result.failure, "") << Report(seed, mode, result);
    requests += result.requests;
    answered += result.answered;
    lost += result.lost;
    faults += result.faults;
    changes += result.changes;
    const uint64_t done = seed - flags.first + 1;
    if (done % kProgressEvery == 0) {
      std::cout << NameOf(mode) << ": " << done << " seeds" << std::endl;
    }
  }
  std::cout << NameOf(mode) << ": " << count << " seeds, " << requests << " requests, " << answered
            << " answered by upstreams, " << lost << " cut or answered by the proxy, " << faults
            << " faults, " << changes << " changes" << std::endl;
  if (mode == Mode::kLossless) EXPECT_EQ(lost, 0u);
}

INSTANTIATE_TEST_SUITE_P(Modes, SimulationTest, testing::Values(Mode::kFaults, Mode::kLossless),
                         [](const auto& tested) { return NameOf(tested.param); });

// False: not one of ours.
bool TakeFlag(std::string_view argument) {
  const auto value = [&](std::string_view name) -> std::optional<std::string_view> {
    if (!argument.starts_with(name)) return std::nullopt;
    return argument.substr(name.size());
  };
  if (const auto seed = value("--seed=")) {
    flags.first = ParseUint64(*seed).value_or(1);
  } else if (const auto seeds = value("--seeds=")) {
    flags.count = ParseUint64(*seeds).value_or(0);
  } else if (argument == "--log") {
    log::SetAllLevels(log::Level::kDebug);
  } else if (const auto mode = value("--mode=")) {
    flags.mode = *mode;
    return flags.mode == "faults" || flags.mode == "lossless" || flags.mode == "both";
  } else {
    return false;
  }
  return true;
}

}  // namespace
}  // namespace weir::sim

int main(int argc, char** argv) {
  weir::log::SetAllLevels(weir::log::Level::kOff);
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (weir::sim::TakeFlag(argv[i])) continue;
    std::cerr << "unknown argument " << argv[i]
              << "; there are --seed=N, --seeds=M, --mode=faults|lossless|both and --log\n";
    return 2;
  }
  std::signal(SIGABRT, weir::sim::OnCrash);
  std::signal(SIGSEGV, weir::sim::OnCrash);
  return RUN_ALL_TESTS();
}
