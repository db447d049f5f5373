#include "source/server/worker_thread.h"

#include <pthread.h>

#include <utility>

#include "source/base/status.h"

namespace weir::server {

absl::StatusOr<std::unique_ptr<WorkerThread>> WorkerThread::Create(const event::Clock& clock,
                                                                   std::string name) {
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<event::EpollLoop> loop, event::EpollLoop::Create(clock));
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<net::AresResolver> resolver,
                        net::AresResolver::Create(*loop, {}));
  return std::unique_ptr<WorkerThread>(
      new WorkerThread(std::move(loop), std::move(resolver), std::move(name)));
}

void WorkerThread::Start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.c_str());
    loop_->Run();
  });
}

void WorkerThread::Stop() {
  if (!running()) return;
  loop_->Stop();
  Join();
}

void WorkerThread::Join() { thread_.join(); }

}  // namespace weir::server
