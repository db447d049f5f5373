// The main() of a fuzz target that is built without libFuzzer: runs each file named on the command
// line, and the empty input, once through LLVMFuzzerTestOneInput. The sanitizers and the target's
// own checks decide; a file that cannot be read fails the test.

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

std::vector<std::string>& CorpusFiles() {
  static std::vector<std::string> files;
  return files;
}

void RunInput(const std::string& input) {
  // A copy of exactly this size, so that ASan sees a read past the end.
  const std::vector<uint8_t> bytes(input.begin(), input.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

TEST(FuzzCorpus, RunsClean) {
  RunInput("");
  for (const std::string& path : CorpusFiles()) {
    SCOPED_TRACE(path);
    std::ifstream file(path, std::ios::binary);
    ASSERT_TRUE(file.is_open()) << "cannot read " << path;
    RunInput(std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  CorpusFiles().assign(argv + 1, argv + argc);
  return RUN_ALL_TESTS();
}
