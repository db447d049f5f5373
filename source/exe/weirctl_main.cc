// weirctl, the command line of the control plane: this machine's files, environment and output to
// cli::Run.

#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "source/base/status.h"
#include "source/cli/cli.h"
#include "source/event/epoll_loop.h"
#include "source/event/system_files.h"
#include "source/exe/resource_validator.h"
#include "source/exe/version.h"

namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) return weir::FromErrno(errno, weir::StrCat("cannot read ", path));
  return std::move(text).str();
}

absl::Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST) return absl::OkStatus();
  return weir::FromErrno(errno, weir::StrCat("cannot make the directory ", path));
}

}  // namespace

int main(int argc, char** argv) {
  const weir::event::SystemClock clock;
  weir::cli::Surroundings surroundings;
  surroundings.out = [](const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  };
  surroundings.error = [](const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
  };
  surroundings.read = ReadFile;
  if (const char* server = std::getenv("WEIR_CONTROL")) surroundings.server = server;
  if (const char* bundle = std::getenv("WEIR_CONTROL_CA_BUNDLE")) surroundings.trusted = bundle;
  if (const char* file = std::getenv("WEIR_CONTROL_TOKEN_FILE")) surroundings.token_file = file;
  if (const char* user = std::getenv("USER")) surroundings.author = user;
  surroundings.version = weir::exe::kVersion;
  surroundings.validator = weir::exe::MakeResourceValidator(clock);
  const auto loop = weir::event::EpollLoop::Create(clock);
  const auto files = loop.ok() ? weir::event::SystemFiles::Create(**loop) : loop.status();
  if (!files.ok()) {
    surroundings.error(weir::StrCat("weirctl: ", weir::MessageOf(files.status()), "\n"));
    return weir::cli::kUsage;
  }
  surroundings.files = files->get();
  surroundings.clock = &clock;
  surroundings.make_directory = MakeDirectory;
  return weir::cli::Run({argv + 1, argv + argc}, surroundings);
}
