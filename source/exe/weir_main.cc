// weir, the data plane: flags to the platform of this machine, to Server::Create, to Run.

#include <sched.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/event/epoll_loop.h"
#include "source/event/malloc_heap.h"
#include "source/event/system_files.h"
#include "source/event/thread_pool.h"
#include "source/exe/bootstrap_file.h"
#include "source/exe/control_plane_target.h"
#include "source/exe/extensions.h"
#include "source/exe/flags.h"
#include "source/exe/resource_file.h"
#include "source/exe/version.h"
#include "source/exe/wiped_heap.h"
#include "source/filter/make_access_log.h"
#include "source/server/admin_server.h"
#include "source/server/log_files.h"
#include "source/server/server.h"
#include "source/server/worker_thread.h"

namespace weir::exe {
namespace {

// Reads what DataSources name: files and environment of this machine.
class MachineData final : public config::proto::DataReader {
 public:
  absl::StatusOr<std::string> ReadFile(const std::string& path) const override {
    std::ifstream file(path, std::ios::binary);
    if (!file) return FromErrno(errno, StrCat("cannot read ", path));
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
  }
  absl::StatusOr<std::string> ReadEnvironment(const std::string& variable) const override {
    const char* const value = std::getenv(variable.c_str());
    if (value == nullptr) return NotFound(StrCat("environment variable ", variable, " is not set"));
    return std::string(value);
  }
  bool IsOpenToAll(const std::string& path) const override {
    struct stat status = {};
    return stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
  }
};

// SIGTERM and SIGINT ask for the end (a second one for a quick end), SIGUSR1 opens the access logs
// again.
class Signals final : public event::FdHandler {
 public:
  // Before any thread is made: they inherit the mask.
  Signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() { close(fd_); }

  absl::Status Watch(event::EpollLoop& loop, std::function<void(int)> on_signal) {
    on_signal_ = std::move(on_signal);
    return loop.Register(fd_, *this);
  }

 private:
  void OnEvents(uint32_t) override {
    signalfd_siginfo info;
    while (read(fd_, &info, sizeof(info)) == sizeof(info))
      on_signal_(static_cast<int>(info.ssi_signo));
  }

  int fd_ = -1;
  std::function<void(int)> on_signal_;
};

// What the admin pages may do to the server. Any thread; acts on the main loop.
class Actions final : public server::AdminActions {
 public:
  Actions(event::Loop& main_loop, std::function<void()> reopen_logs, std::function<void()> quit)
      : main_loop_(main_loop), reopen_logs_(std::move(reopen_logs)), quit_(std::move(quit)) {}
  void set_server(server::Server* server) { server_ = server; }

  void CollectView(admin::Needs needs,
                   std::function<void(std::shared_ptr<const admin::View>)> done) override {
    main_loop_.Post([this, needs, done = std::move(done)] { server_->CollectView(needs, done); });
  }
  void FailHealthCheck(bool failed) override {
    main_loop_.Post([this, failed] { server_->FailHealthCheck(failed); });
  }
  void DrainListeners(const admin::DrainRequest& request) override {
    main_loop_.Post([this, request] { server_->DrainListeners(request); });
  }
  void ReopenLogs() override { main_loop_.Post(reopen_logs_); }
  void Quit() override { main_loop_.Post(quit_); }

 private:
  event::Loop& main_loop_;
  const std::function<void()> reopen_logs_;
  const std::function<void()> quit_;
  server::Server* server_ = nullptr;
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "weir: %s\n", std::string(MessageOf(status)).c_str());
  return 1;
}

void SetUpLog(const Flags& flags) {
  log::SetAllLevels(flags.log_level);
  for (const auto& [component, level] : flags.component_log_levels) log::SetLevel(component, level);
}

uint32_t WorkerCount(const Flags& flags) {
  if (flags.concurrency > 0) return flags.concurrency;
  // Those that this process may run on, which containers and taskset restrict.
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) > 0) {
    return static_cast<uint32_t>(CPU_COUNT(&allowed));
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

// The process, put together. Members are destroyed in the reverse order, loops after what lives on
// them.
class Process {
 public:
  Process(const Flags& flags, LoadedBootstrap loaded, const server::ServerExtensions& extensions,
          server::LogFiles& logs, Signals& signals)
      : flags_(flags),
        loaded_(std::move(loaded)),
        extensions_(extensions),
        logs_(logs),
        signals_(signals) {}

  absl::Status Run();
  // Refuses what Run refuses of the bootstrap; binds and starts nothing.
  absl::Status Validate();

 private:
  absl::Status MakePlatform();
  absl::Status MakeServer();
  absl::Status MakeAdmin();
  SecretSources MakeSecretSources();
  absl::Status Serve();
  void OnSignal(int signal);
  void Quit(event::Duration deadline);

  const Flags& flags_;
  const LoadedBootstrap loaded_;
  const server::ServerExtensions& extensions_;
  server::LogFiles& logs_;
  Signals& signals_;

  const event::SystemClock clock_;
  // Of the main thread and each worker: the threads of the pool allocate with them.
  event::MallocHeap heap_{WorkerCount(flags_) + 1};
  stats::Registry registry_;
  std::unique_ptr<event::EpollLoop> main_loop_;
  std::unique_ptr<net::TcpNetwork> network_;
  std::unique_ptr<event::SystemFiles> files_;
  std::vector<std::unique_ptr<server::WorkerThread>> workers_;
  std::unique_ptr<server::WorkerThread> admin_thread_;
  std::unique_ptr<Actions> actions_;
  std::unique_ptr<server::Server> server_;
  std::unique_ptr<server::AdminServer> admin_;
  std::unique_ptr<event::ThreadPool> pool_;
  bool ending_ = false;
};

absl::Status Process::MakePlatform() {
  WEIR_ASSIGN_OR_RETURN(main_loop_, event::EpollLoop::Create(clock_));
  network_ = std::make_unique<net::TcpNetwork>(*main_loop_);
  WEIR_ASSIGN_OR_RETURN(files_, event::SystemFiles::Create(*main_loop_));
  for (uint32_t i = 0; i < WorkerCount(flags_); ++i) {
    WEIR_ASSIGN_OR_RETURN(auto worker,
                          server::WorkerThread::Create(clock_, StrCat("weir-wrk-", i)));
    worker->loop().Post(LeaveWhatThisThreadFrees);
    workers_.push_back(std::move(worker));
  }
  WEIR_ASSIGN_OR_RETURN(admin_thread_, server::WorkerThread::Create(clock_, "weir-admin"));
  pool_ = std::make_unique<event::ThreadPool>(2);
  return absl::OkStatus();
}

// The server is asked for those that came over a stream; before it is there, there are none.
SecretSources Process::MakeSecretSources() {
  return {.statics = {},
          .read =
              [this](const config::ConfigSource& source) {
                return ReadSecrets(source, {extensions_.decoders, extensions_.data});
              },
          .streamed = [this](const config::SecretReference& reference) -> const config::Secret* {
            return server_ == nullptr ? nullptr : server_->FindSecret(reference);
          }};
}

absl::Status Process::MakeServer() {
  server::ServerPlatform platform{
      .main_loop = *main_loop_,
      .network = *network_,
      .files = *files_,
      .executor = *pool_,
      .heap = heap_,
      .registry = registry_,
      .workers = {},
      .seed = event::Random::FromSystem().Next(),
      .make_transport =
          [this](const config::Bootstrap& bootstrap, const config::GrpcSource& source,
                 std::string_view type_url) -> absl::StatusOr<std::unique_ptr<xds::Transport>> {
        WEIR_ASSIGN_OR_RETURN(xds::GrpcTarget target,
                              ControlPlaneTarget(bootstrap, source, MakeSecretSources()));
        target.type_url = type_url;
        return std::make_unique<xds::GrpcTransport>(*main_loop_, std::move(target));
      },
      .parse_file = ParseResourceFile,
      .wall_time = [this] { return clock_.System(); },
      .monotonic_time = [this] { return clock_.Monotonic(); }};
  for (const auto& worker : workers_)
    platform.workers.push_back({worker->loop(), worker->network(), worker->resolver()});
  server::ServerOptions options;
  options.drain_time = flags_.drain_time;
  options.drain_gradually = flags_.drain_gradually;
  options.allow_unknown_dynamic_fields = flags_.ignore_unknown_dynamic_fields;
  options.command_line = flags_.given;
  options.version = VersionText();
  options.version_number = kVersionNumber;
  options.bootstrap_bytes = loaded_.bytes;
  options.bootstrap_ignored = loaded_.ignored;
  WEIR_ASSIGN_OR_RETURN(server_, server::Server::Create(loaded_.bootstrap, platform, extensions_,
                                                        std::move(options)));
  return absl::OkStatus();
}

absl::Status Process::MakeAdmin() {
  if (!loaded_.bootstrap.admin_address.has_value()) return absl::OkStatus();
  actions_ = std::make_unique<Actions>(
      *main_loop_, [this] { logs_.Reopen(); }, [this] { Quit(event::Duration(0)); });
  actions_->set_server(server_.get());
  server::AdminServerConfig config{.address = *loaded_.bootstrap.admin_address,
                                   .allow_paths = loaded_.bootstrap.admin_allow_paths,
                                   .socket_options = loaded_.bootstrap.admin_socket_options,
                                   .seed = event::Random::FromSystem().Next()};
  for (const config::AccessLog& configured : loaded_.bootstrap.admin_access_logs) {
    auto log = filter::MakeAccessLog(extensions_.factories, configured, logs_);
    if (!log.ok()) return Annotate(log.status(), "admin");
    config.access_logs.push_back(*std::move(log));
  }
  auto admin = server::AdminServer::Create(std::move(config), *actions_, registry_,
                                           {admin_thread_->loop(), admin_thread_->network()});
  if (!admin.ok()) return Annotate(admin.status(), "admin");
  admin_ = *std::move(admin);
  if (!flags_.admin_address_path.empty()) {
    WEIR_RETURN_IF_ERROR(
        files_->WriteAtomically(flags_.admin_address_path, admin_->address().ToString()));
  }
  WEIR_LOG(kMain, kInfo, "admin server on ", admin_->address().ToString());
  return absl::OkStatus();
}

absl::Status Process::Validate() {
  WEIR_RETURN_IF_ERROR(MakePlatform());
  return MakeServer();
}

absl::Status Process::Run() {
  WEIR_RETURN_IF_ERROR(MakePlatform());
  WEIR_RETURN_IF_ERROR(MakeServer());
  WEIR_RETURN_IF_ERROR(MakeAdmin());
  const absl::Status status = Serve();
  // Threads first: nothing runs any more when the parts are destroyed.
  pool_.reset();
  if (admin_ != nullptr && admin_thread_->running()) {
    admin_thread_->loop().Post(
        [this] { admin_->Shutdown(event::Duration(0), [this] { admin_thread_->loop().Stop(); }); });
    admin_thread_->Join();
  }
  for (auto& worker : workers_) worker->Stop();
  admin_.reset();
  server_.reset();
  logs_.Flush();
  return status;
}

absl::Status Process::Serve() {
  WEIR_RETURN_IF_ERROR(signals_.Watch(*main_loop_, [this](int signal) { OnSignal(signal); }));
  WEIR_RETURN_IF_ERROR(server_->Start());
  for (auto& worker : workers_) worker->Start();
  admin_thread_->Start();
  WEIR_LOG(kMain, kInfo, VersionText(), " with ", workers_.size(), " workers");
  main_loop_->Run();
  return absl::OkStatus();
}

void Process::OnSignal(int signal) {
  if (signal == SIGUSR1) return logs_.Reopen();
  if (signal == SIGHUP) return;
  WEIR_LOG(kMain, kInfo, "signal ", signal, ending_ ? ": ending at once" : ": draining");
  Quit(ending_ ? event::Duration(0) : event::Duration(flags_.drain_time));
}

void Process::Quit(event::Duration deadline) {
  if (ending_ && deadline.count() > 0) return;
  ending_ = true;
  server_->Shutdown(deadline, [this] { main_loop_->Stop(); });
}

int Main(int argc, char** argv) {
  const absl::StatusOr<Flags> flags = ParseFlags({argv + 1, argv + argc});
  if (!flags.ok()) return Fail(flags.status());
  if (flags->hot_restart_version) {
    std::printf("disabled\n");
    return 0;
  }
  if (flags->help || flags->version) {
    std::printf("%s\n", (flags->help ? HelpText() : VersionText()).c_str());
    return 0;
  }
  SetUpLog(*flags);
  if (!flags->log_path.empty() && !log::SetFile(flags->log_path)) {
    return Fail(InvalidArgument(StrCat("--log-path: cannot write ", flags->log_path)));
  }
  Signals signals;
  const MachineData data;
  config::proto::ExtensionDecoders decoders;
  RegisterDecoders(decoders);
  filter::Factories factories;
  RegisterFactories(factories);
  absl::StatusOr<LoadedBootstrap> loaded =
      LoadBootstrap(*flags, {decoders, data, flags->allow_unknown_static_fields});
  if (!loaded.ok()) return Fail(loaded.status());
  server::LogFiles logs(flags->file_flush_interval);
  const server::ServerExtensions extensions{decoders, data, factories, logs};
  const bool validate = flags->mode == Flags::Mode::kValidate;
  Process process(*flags, *std::move(loaded), extensions, logs, signals);
  const absl::Status status = validate ? process.Validate() : process.Run();
  if (!status.ok()) return Fail(status);
  if (validate) std::printf("configuration '%s' OK\n", flags->config_path.c_str());
  return 0;
}

}  // namespace
}  // namespace weir::exe

int main(int argc, char** argv) { return weir::exe::Main(argc, argv); }
