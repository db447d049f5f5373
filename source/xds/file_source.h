// Resources of one type from a file that is watched (xDS path_config_source): read again whenever
// it is replaced. What cannot be read or is refused is logged and counted, and the last good stays.
//
//   FileSource source(seams, location, parse, type, sink, stats)
//   source.Start()     reads once and watches; the outcome comes to the sink
//
// The file is the whole state: for types with full state what it does not hold any more is removed.
// A file has no initial_fetch_timeout and no server to answer. One owner, on the main thread's
// loop; reading and parsing run on the executor.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "source/event/executor.h"
#include "source/event/files.h"
#include "source/event/loop.h"
#include "source/xds/inbox.h"
#include "source/xds/interest.h"
#include "source/xds/resource_sink.h"
#include "source/xds/subscription_stats.h"

namespace weir::xds {

// From the text of a file (YAML, JSON or protobuf) to a serialised DiscoveryResponse. The path is
// for error messages and its ending for the format. Runs on the pool.
using ParseFile =
    std::function<absl::StatusOr<std::string>(const std::string& path, std::string_view text)>;

struct FileSeams {
  event::Files& files;
  event::Executor& executor;
  event::Loop& loop;
};

struct FileLocation {
  std::string path;
  // What is watched in place of the file: PathConfigSource.watched_directory. Empty: the file.
  std::string watched_directory;
  size_t max_bytes = size_t{256} * 1024 * 1024;
};

class FileSource {
 public:
  // What the seams and references name outlives it; of `seams.files` and `parse` also the
  // executor's work.
  FileSource(const FileSeams& seams, FileLocation location, ParseFile parse, ResourceType type,
             ResourceSink& sink, SubscriptionStats& stats);
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource();

  // Called whenever the file cannot be read or is no list of resources.
  void set_on_failure(std::function<void()> on_failure) { on_failure_ = std::move(on_failure); }
  // An error when the place cannot be watched; a file that cannot be read is only counted.
  absl::Status Start();

  // Of the content last accepted whole.
  const std::string& accepted_version() const { return accepted_version_; }

 private:
  void Read();
  void TakeContent(const absl::StatusOr<std::string>& content);
  void Settle(const std::string& version, const std::string& error);

  const FileSeams seams_;
  const FileLocation location_;
  const ParseFile parse_;
  const ResourceType type_;
  SubscriptionStats& stats_;
  Interest interest_;
  Inbox inbox_;
  std::function<void()> on_failure_;  // May be empty.
  std::unique_ptr<event::FileWatch> watch_;
  bool reading_ = false;
  bool changed_while_reading_ = false;
  std::string accepted_version_;
  // Work on the pool holds it weakly.
  const std::shared_ptr<FileSource*> self_;
};

}  // namespace weir::xds
