// The command lines of weir and weirctl, an argument a line: whatever they are, they are taken or
// refused with a reason.
#include <string>
#include <vector>

#include "source/base/check.h"
#include "source/cli/arguments.h"
#include "source/exe/flags.h"
#include "test/fuzz/lines.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view rest = weir::TextOf(data, size);
  std::vector<std::string> words;
  while (!rest.empty() && words.size() < 64) words.emplace_back(weir::TakeLine(rest));
  const auto flags = weir::exe::ParseFlags(words);
  if (!flags.ok()) WEIR_CHECK(!flags.status().message().empty(), "a refusal has a reason");
  const auto arguments = weir::cli::ParseArguments(words, std::nullopt);
  if (!arguments.ok()) {
    WEIR_CHECK(!arguments.status().message().empty(), "a refusal has a reason");
    return 0;
  }
  WEIR_CHECK(arguments->help || arguments->version || !arguments->command.empty(), "a command");
  return 0;
}
