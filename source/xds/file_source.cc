#include "source/xds/file_source.h"

#include <chrono>
#include <utility>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::xds {

FileSource::FileSource(const FileSeams& seams, FileLocation location, ParseFile parse,
                       ResourceType type, ResourceSink& sink, SubscriptionStats& stats)
    : seams_(seams),
      location_(std::move(location)),
      parse_(std::move(parse)),
      type_(std::move(type)),
      stats_(stats),
      interest_(seams.loop, [](std::string_view) {}),
      inbox_(type_, sink, interest_, seams.loop),
      self_(std::make_shared<FileSource*>(this)) {
  interest_.Add(kWildcard, event::Duration::zero());
}

FileSource::~FileSource() = default;

absl::Status FileSource::Start() {
  const std::string& watched =
      location_.watched_directory.empty() ? location_.path : location_.watched_directory;
  auto watch = seams_.files.Watch(watched, [this] { Read(); });
  if (!watch.ok()) return Annotate(watch.status(), StrCat("cannot watch ", watched));
  watch_ = *std::move(watch);
  Read();
  return absl::OkStatus();
}

void FileSource::Read() {
  if (reading_) {
    changed_while_reading_ = true;
    return;
  }
  reading_ = true;
  stats_.update_attempt.Inc();
  seams_.executor.Run([&files = seams_.files, &loop = seams_.loop, location = location_,
                       parse = parse_, weak = std::weak_ptr<FileSource*>(self_)] {
    absl::StatusOr<std::string> content = files.Read(location.path, location.max_bytes);
    if (content.ok()) content = parse(location.path, *content);
    loop.Post([weak, content = std::move(content)] {
      if (const std::shared_ptr<FileSource*> self = weak.lock()) (*self)->TakeContent(content);
    });
  });
}

void FileSource::TakeContent(const absl::StatusOr<std::string>& content) {
  reading_ = false;
  if (std::exchange(changed_while_reading_, false)) {
    Read();
    return;
  }
  absl::StatusOr<WireResponse> response =
      content.ok() ? ParseResponse(Variant::kSotw, *content) : content.status();
  if (!response.ok()) {
    stats_.update_failure.Inc();
    WEIR_LOG(kXds, kWarn, "kept the last good content of ", location_.path, ": ",
             MessageOf(response.status()));
    if (on_failure_) on_failure_();
    return;
  }
  // A file may leave out what a server may not: the type, and the version.
  auto settled = [this, version = response->version](const std::string& error) {
    Settle(version, error);
  };
  inbox_.Take(*std::move(response), type_.full_state_in_sotw, std::move(settled));
}

void FileSource::Settle(const std::string& version, const std::string& error) {
  if (!error.empty()) {
    stats_.update_rejected.Inc();
    WEIR_LOG(kXds, kWarn, "refused resources in ", location_.path, ": ", error);
    return;
  }
  accepted_version_ = version;
  stats_.update_success.Inc();
  stats_.version.Set(VersionHash(version));
  stats_.version_text.Set(version);
  stats_.update_time.Set(std::chrono::duration_cast<std::chrono::milliseconds>(
                             seams_.loop.WallNow().time_since_epoch())
                             .count());
}

}  // namespace weir::xds
