// weir-control, the control plane: flags to the platform of this machine, to control::Server, to
// Run.

#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/control/mesh_files.h"
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
  --ca DIR           an authority (weirctl ca init): serves over TLS, wants a certificate of the mesh
                     or a token from every client, and gives nodes their certificates
  --identities FILE  with --ca: which node may have which identity; watched
  --server-name NAME with --ca: a DNS name or address of this server, beside localhost; repeatable
  --log-level LEVEL  trace, debug, info, warning, error, critical, off (info)
  --version, --help
)";

const std::vector<std::string> kFlagNames = {"--listen",    "--directory",  "--store",
                                             "--ca",        "--identities", "--server-name",
                                             "--log-level", "--help",       "--version"};

struct Flags {
  std::string listen = "127.0.0.1:18000";
  std::string directory;
  std::string store;
  control::MeshFiles::Options mesh;  // Its directory is --ca; empty: none.
  std::string log_level = "info";
  log::Level level = log::Level::kInfo;
  bool help = false;
  bool version = false;
};

// Where the value of a flag goes; null for a flag that is none.
std::string* PlaceOf(const std::string& name, Flags& flags) {
  if (name == "--listen") return &flags.listen;
  if (name == "--directory") return &flags.directory;
  if (name == "--store") return &flags.store;
  if (name == "--ca") return &flags.mesh.directory;
  if (name == "--identities") return &flags.mesh.identities;
  if (name == "--server-name") return &flags.mesh.server_names.emplace_back();
  if (name == "--log-level") return &flags.log_level;
  return nullptr;
}

absl::Status Check(Flags& flags) {
  const std::optional<log::Level> level = log::ParseLevel(flags.log_level);
  if (!level) return InvalidArgument(StrCat("\"", flags.log_level, "\" is no log level"));
  flags.level = *level;
  const bool mesh = !flags.mesh.identities.empty() || !flags.mesh.server_names.empty();
  if (mesh && flags.mesh.directory.empty()) {
    return InvalidArgument("--identities and --server-name belong to --ca");
  }
  return absl::OkStatus();
}

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
    std::string* const place = PlaceOf(name, flags);
    if (place == nullptr) {
      const auto nearest = Nearest(name, kFlagNames);
      return InvalidArgument(
          StrCat("unknown flag ", name,
                 nearest ? StrCat("; did you mean ", *nearest, "?") : std::string()));
    }
    if (equals == std::string::npos && i + 1 == words.size()) {
      return InvalidArgument(StrCat(name, " needs a value"));
    }
    *place = equals == std::string::npos ? words[++i] : words[i].substr(equals + 1);
  }
  WEIR_RETURN_IF_ERROR(Check(flags));
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

// Keys that others may read are nobody's secret.
absl::Status CheckKeyModes(const std::string& directory) {
  for (const char* name : control::ca::kKeyFiles) {
    const std::string path = StrCat(directory, "/", name);
    struct stat about = {};
    if (stat(path.c_str(), &about) != 0) continue;  // What is needed is missed when it is read.
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
      return InvalidArgument(StrCat(path, " is open to others than its owner; chmod 600 ", path));
    }
  }
  return absl::OkStatus();
}

// The mesh of --ca, and its server's options.
absl::StatusOr<std::unique_ptr<control::MeshFiles>> OpenMesh(const Flags& flags, event::Loop& loop,
                                                             event::Files& files,
                                                             control::Server::Options& options) {
  if (flags.mesh.directory.empty()) return nullptr;
  WEIR_RETURN_IF_ERROR(CheckKeyModes(flags.mesh.directory));
  auto mesh = std::make_unique<control::MeshFiles>(loop, files, flags.mesh);
  WEIR_RETURN_IF_ERROR(mesh->Open());
  WEIR_ASSIGN_OR_RETURN(SecretBytes token_key, mesh->LoadTokenKey());
  options.mesh = {mesh->authority(), std::move(token_key), event::Random::FromSystem()};
  return mesh;
}

absl::Status FollowMesh(control::MeshFiles& mesh, control::Server& server) {
  server.SetIdentities(mesh.identities());
  server.SetRevokedTokens(mesh.revoked_tokens());
  return mesh.Watch(
      {.authority = [&](const control::ca::Authority& next) { server.SetAuthority(next); },
       .identities = [&](const control::ca::IdentityRules& next) { server.SetIdentities(next); },
       .revoked_tokens = [&](const HashSet& ids) { server.SetRevokedTokens(ids); }});
}

bool IsOfThisMachine(std::string_view address) {
  return address.starts_with("127.") || address.starts_with("localhost:") ||
         address.starts_with("[::1]:") || address.starts_with("unix:");
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
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<control::MeshFiles> mesh,
                        OpenMesh(flags, *loop, *files, options));
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<control::Server> server,
                        control::Server::Create(clock, std::move(options)));
  std::optional<control::TlsFiles> tls;
  if (mesh != nullptr) {
    WEIR_RETURN_IF_ERROR(FollowMesh(*mesh, *server));
    tls = mesh->tls_files();
  }
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
  WEIR_ASSIGN_OR_RETURN(const int port, server->Listen(flags.listen, tls));
  WEIR_LOG(kControl, kInfo, "serving xDS and the management API on ", flags.listen, " (port ", port,
           mesh == nullptr ? ")" : ") over TLS");
  if (mesh == nullptr && !IsOfThisMachine(flags.listen)) {
    WEIR_LOG(
        kControl, kWarn, "whoever reaches ", flags.listen,
        " may read and change the configuration: it is served in clear text and to everybody; ",
        "--ca ends that");
  }
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
