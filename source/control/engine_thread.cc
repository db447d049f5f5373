#include "source/control/engine_thread.h"

#include <future>
#include <optional>
#include <utility>

namespace weir::control {

EngineThread::EngineThread(const event::Clock& clock, engine::NodeViews* views)
    : clock_(clock), engine_(views), thread_([this] { Run(); }) {}

EngineThread::~EngineThread() { Stop(); }

void EngineThread::Post(Work work) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  queue_.push_back(std::move(work));
  wake_.Signal();
}

void EngineThread::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

void EngineThread::Run() {
  for (;;) {
    const std::optional<engine::Time> deadline = engine_.NextDeadline();
    Work work;
    {
      MutexLock lock(mutex_);
      if (queue_.empty() && !stopping_) {
        if (deadline) {
          (void)wake_.WaitUntil(mutex_, *deadline);
        } else {
          wake_.Wait(mutex_);
        }
      }
      if (!queue_.empty()) {
        work = std::move(queue_.front());
        queue_.pop_front();
      } else if (stopping_) {
        return;
      }
    }
    const engine::Time now = clock_.Monotonic();
    if (work) work(engine_, now);
    if (deadline && *deadline <= now) {
      std::vector<engine::Outgoing> out;
      engine_.OnTimer(now, out);
      Deliver(std::move(out));
    }
  }
}

void EngineThread::Deliver(std::vector<engine::Outgoing> out) {
  for (engine::Outgoing& one : out) {
    const auto found = sinks_.find(one.stream);
    if (found == sinks_.end()) continue;
    if (one.close.ok()) {
      found->second->Send(std::move(one.bytes));
      continue;
    }
    found->second->Close(one.close);
    streams_.erase(found->second.get());
    sinks_.erase(found);
  }
}

void EngineThread::Open(std::shared_ptr<Sink> sink, engine::StreamOptions options,
                        std::string peer) {
  Post([this, sink = std::move(sink), options = std::move(options), peer = std::move(peer)](
           engine::Engine& engine, engine::Time now) {
    const uint64_t stream = engine.Open(options, peer, now);
    streams_[sink.get()] = stream;
    sinks_[stream] = sink;
  });
}

void EngineThread::Receive(const Sink* sink, std::string bytes) {
  Post([this, sink, bytes = std::move(bytes)](engine::Engine& engine, engine::Time now) {
    const auto found = streams_.find(sink);
    if (found == streams_.end()) return;
    const uint64_t stream = found->second;
    std::vector<engine::Outgoing> out;
    engine.OnRequest(stream, bytes, now, out);
    Deliver(std::move(out));
    const auto open = sinks_.find(stream);
    if (open != sinks_.end()) open->second->Taken();
  });
}

void EngineThread::Close(const Sink* sink) {
  Post([this, sink](engine::Engine& engine, engine::Time) {
    const auto found = streams_.find(sink);
    if (found == streams_.end()) return;
    engine.Close(found->second);
    sinks_.erase(found->second);
    streams_.erase(found);
  });
}

void EngineThread::SetSnapshot(engine::SnapshotPtr snapshot) {
  Post([this, snapshot = std::move(snapshot)](engine::Engine& engine, engine::Time now) {
    std::vector<engine::Outgoing> out;
    engine.SetSnapshot(snapshot, now, out);
    Deliver(std::move(out));
  });
}

void EngineThread::ChangeViews(std::function<void()> change) {
  Post([this, change = std::move(change)](engine::Engine& engine, engine::Time now) {
    change();
    std::vector<engine::Outgoing> out;
    engine.RefreshViews(now, out);
    Deliver(std::move(out));
  });
}

void EngineThread::RememberClusters(engine::SnapshotPtr earlier) {
  Post([earlier = std::move(earlier)](engine::Engine& engine, engine::Time) {
    engine.RememberClusters(*earlier);
  });
}

std::vector<engine::NodeStatus> EngineThread::Status() {
  auto promise = std::make_shared<std::promise<std::vector<engine::NodeStatus>>>();
  std::future<std::vector<engine::NodeStatus>> future = promise->get_future();
  {
    MutexLock lock(mutex_);
    if (stopping_) return {};
    queue_.push_back(
        [promise](engine::Engine& engine, engine::Time) { promise->set_value(engine.Status()); });
    wake_.Signal();
  }
  return future.get();
}

}  // namespace weir::control
