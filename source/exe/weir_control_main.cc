// weir-control, the control plane: flags to the platform of this machine, to control::Server, to
// Run.

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/control/server.h"
#include "source/control/store/directory.h"
#include "source/event/epoll_loop.h"
#include "source/event/system_files.h"
#include "source/exe/resource_validator.h"
#include "source/exe/version.h"

namespace weir::exe {
namespace {

constexpr char kUsage[] = R"(weir-control: the control plane of Weir

  --listen ADDRESS   where xDS and the management API are served (127.0.0.1:18000)
  --directory DIR    YAML and JSON files with resources; watched
  --store FILE       what is pushed is kept here (SQLite); without it in memory only
  --log-level LEVEL  trace, debug, info, warning, error, critical, off (info)
  --version, --help
)";

struct Flags {
  std::string listen = "127.0.0.1:18000";
  std::string directory;
  std::string store;
  log::Level level = log::Level::kInfo;
  bool help = false;
  bool version = false;
};

absl::StatusOr<Flags> ParseFlags(const std::vector<std::string>& words) {
  Flags flags;
  for (size_t i = 0; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    if (name == "--help" || name == "-h") {
      flags.help = true;
      continue;
    }
    if (name == "--version") {
      flags.version = true;
      continue;
    }
    if (name != "--listen" && name != "--directory" && name != "--store" && name != "--log-level") {
      const auto nearest = Nearest(
          name, {"--listen", "--directory", "--store", "--log-level", "--help", "--version"});
      return InvalidArgument(
          StrCat("unknown flag ", name,
                 nearest ? StrCat("; did you mean ", *nearest, "?") : std::string()));
    }
    if (equals == std::string::npos && i + 1 == words.size()) {
      return InvalidArgument(StrCat(name, " needs a value"));
    }
    const std::string value =
        equals == std::string::npos ? words[++i] : words[i].substr(equals + 1);
    if (name == "--listen") flags.listen = value;
    if (name == "--directory") flags.directory = value;
    if (name == "--store") flags.store = value;
    if (name != "--log-level") continue;
    const std::optional<log::Level> level = log::ParseLevel(value);
    if (!level) return InvalidArgument(StrCat("\"", value, "\" is no log level"));
    flags.level = *level;
  }
  return flags;
}

// SIGTERM and SIGINT end the loop.
class EndSignals final : public event::FdHandler {
 public:
  // Before any thread is made: they inherit the mask.
  EndSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  }
  ~EndSignals() { close(fd_); }

  absl::Status Attach(event::EpollLoop& loop) {
    loop_ = &loop;
    return loop.Register(fd_, *this);
  }
  void OnEvents(uint32_t) override {
    signalfd_siginfo info;
    if (read(fd_, &info, sizeof(info)) == sizeof(info)) loop_->Stop();
  }

 private:
  int fd_ = -1;
  event::EpollLoop* loop_ = nullptr;
};

void Report(const schema::Diagnostics& diagnostics, std::string_view directory) {
  if (diagnostics.empty()) return;
  if (diagnostics.has_errors()) {
    WEIR_LOG(kControl, kError, "directory ", directory, " is refused; what was in force stays:\n",
             diagnostics.ToString());
  } else {
    WEIR_LOG(kControl, kWarn, "directory ", directory, ":\n", diagnostics.ToString());
  }
}

absl::Status Serve(const Flags& flags, EndSignals& signals) {
  const event::SystemClock clock;
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<event::EpollLoop> loop, event::EpollLoop::Create(clock));
  WEIR_RETURN_IF_ERROR(signals.Attach(*loop));
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<event::SystemFiles> files,
                        event::SystemFiles::Create(*loop));
  control::Server::Options options;
  options.store_path = flags.store;
  options.validator = MakeResourceValidator(clock);
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<control::Server> server,
                        control::Server::Create(clock, std::move(options)));
  std::unique_ptr<control::store::Directory> directory;
  if (!flags.directory.empty()) {
    directory = std::make_unique<control::store::Directory>(*files, flags.directory);
    // Watch first: what changes in between is read again.
    WEIR_RETURN_IF_ERROR(
        directory->Watch([&](absl::StatusOr<std::vector<control::store::TextFile>> now) {
          Report(server->configuration().SetDirectory(now), flags.directory);
        }));
    absl::StatusOr<std::vector<control::store::TextFile>> now = directory->Read();
    WEIR_RETURN_IF_ERROR(now.status());
    Report(server->configuration().SetDirectory(now), flags.directory);
  }
  WEIR_ASSIGN_OR_RETURN(const int port, server->Listen(flags.listen));
  WEIR_LOG(kControl, kInfo, "serving xDS and the management API on ", flags.listen, " (port ", port,
           ")");
  loop->Run();
  WEIR_LOG(kControl, kInfo, "shutting down");
  server->Shutdown(std::chrono::milliseconds(500));
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  const absl::StatusOr<Flags> flags = ParseFlags({argv + 1, argv + argc});
  if (!flags.ok()) {
    std::fprintf(stderr, "weir-control: %s\n", std::string(MessageOf(flags.status())).c_str());
    return 2;
  }
  if (flags->help || flags->version) {
    const std::string text =
        flags->help ? std::string(kUsage) : StrCat("weir-control ", kVersion, "\n");
    std::fputs(text.c_str(), stdout);
    return 0;
  }
  log::SetAllLevels(flags->level);
  EndSignals signals;
  const absl::Status status = Serve(*flags, signals);
  if (status.ok()) return 0;
  std::fprintf(stderr, "weir-control: %s\n", std::string(MessageOf(status)).c_str());
  return 1;
}

}  // namespace
}  // namespace weir::exe

int main(int argc, char** argv) { return weir::exe::Main(argc, argv); }
