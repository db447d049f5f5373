// The last good generation on disk (weir.config.v1.LastGood): written while the control plane
// speaks, read when a proxy starts and it does not.
//
//   waiting --it answers----------------------------------------------> serving
//      |                                                                   ^
//      `--the stream ends without an answer, or the wait is over--> restoring
//
// While restoring, the client is suspended, so that no server is told that nothing is held. A file
// that is missing or broken is a line in the log and no more.
//
// Main thread; reading, checking and writing run on the pool.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "source/config/bootstrap.h"
#include "source/event/executor.h"
#include "source/event/files.h"
#include "source/event/loop.h"
#include "source/server/resource_book.h"
#include "source/xds/client.h"
#include "source/xds/generation_file.h"

namespace weir::server {

class LastGood {
 public:
  struct Seams {
    event::Loop& loop;
    event::Files& files;
    event::Executor& executor;
  };

  // All of it outlives this. `client` has its types and first subscriptions.
  LastGood(config::LastGoodFile config, std::string node_id, const Seams& seams,
           xds::Client& client, const ResourceBook& book);
  LastGood(const LastGood&) = delete;
  LastGood& operator=(const LastGood&) = delete;
  ~LastGood();

  // Starts the client.
  void Start();
  // A stream of the client has ended.
  void StreamEnded();
  // A generation is in force in which nothing waits any more: it will be written, one file for
  // everything that follows within a second.
  void Keep();
  // What waits to be written is given to the pool now.
  void Flush();

 private:
  enum class State { kWaiting, kRestoring, kServing };

  void Restore();
  void TakeFile(absl::StatusOr<xds::HeldGeneration> read);
  void RestoreNext();
  void Serve();
  void Write();

  const config::LastGoodFile config_;
  const std::string node_id_;
  const Seams seams_;
  xds::Client& client_;
  const ResourceBook& book_;
  State state_ = State::kWaiting;
  std::vector<xds::HeldType> to_restore_;  // The next one last.
  event::Timer wait_;
  event::Timer write_;
  bool writing_ = false;
  bool changed_while_writing_ = false;
  std::string written_;  // The first line of the file, as far as this process wrote it.
  // Work on the pool and verdicts hold it weakly.
  const std::shared_ptr<LastGood*> self_;
};

}  // namespace weir::server
