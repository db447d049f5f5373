// The thread on which the engine lives, and the way to it.
//
// Post(work) comes from any thread; streams are announced with Open and get their bytes through
// their Sink. Work runs in the order posted. Deadlines of the engine are kept here. Stop() runs
// what is queued and joins.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "source/base/mutex.h"
#include "source/control/engine/engine.h"
#include "source/event/clock.h"

namespace weir::control {

// Where a stream's bytes go. Called on the engine's thread.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void Send(engine::EncodedResponse bytes) = 0;
  virtual void Close(const absl::Status& status) = 0;
  // The message that was handed over last has been taken.
  virtual void Taken() = 0;
};

class EngineThread {
 public:
  // `clock` and `views`, which may be null, outlive the thread; `views` is asked on it.
  explicit EngineThread(const event::Clock& clock, engine::NodeViews* views = nullptr);
  ~EngineThread();
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  using Work = std::function<void(engine::Engine& engine, engine::Time now)>;
  // Work posted after Stop() is dropped.
  void Post(Work work) WEIR_EXCLUDES(mutex_);

  void Open(std::shared_ptr<Sink> sink, engine::StreamOptions options, std::string peer);
  void Receive(const Sink* sink, std::string bytes);
  void Close(const Sink* sink);
  void SetSnapshot(engine::SnapshotPtr snapshot);
  // Runs `change` of what `views` answers, and asks for every client anew.
  void ChangeViews(std::function<void()> change);
  // Of an earlier revision; before the first SetSnapshot.
  void RememberClusters(engine::SnapshotPtr earlier);
  // Waits for the engine's thread; not to be called on it. Empty after Stop().
  std::vector<engine::NodeStatus> Status();
  void Stop() WEIR_EXCLUDES(mutex_);

 private:
  void Run();
  // Engine's thread.
  void Deliver(std::vector<engine::Outgoing> out);

  const event::Clock& clock_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<Work> queue_ WEIR_GUARDED_BY(mutex_);
  bool stopping_ WEIR_GUARDED_BY(mutex_) = false;

  // Engine's thread alone.
  engine::Engine engine_;
  std::map<uint64_t, std::shared_ptr<Sink>> sinks_;
  std::map<const Sink*, uint64_t> streams_;

  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace weir::control
