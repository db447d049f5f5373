#include "source/server/last_good.h"

#include <algorithm>
#include <utility>

#include "source/base/log.h"
#include "source/base/status.h"
#include "source/schema/proto_to_text.h"
#include "source/schema/resource_type.h"

namespace weir::server {
namespace {

// Changes come in bursts: one file for those of a second.
constexpr event::Duration kWriteDelay = std::chrono::seconds(1);
constexpr size_t kMaxFileBytes = size_t{1024} * 1024 * 1024;

// What names others comes first, so that they are subscribed to when their turn comes.
int RestoreRank(std::string_view type_url) {
  return type_url == schema::kClusterTypeUrl ? 0 : type_url == schema::kListenerTypeUrl ? 1 : 2;
}

// What goes into the file. Runs on the pool: the sets are immutable.
std::string Serialize(const std::vector<admin::ResourceSet>& sets, const std::string& node_id,
                      bool include_secrets) {
  xds::HeldGeneration generation{node_id, {}};
  for (const admin::ResourceSet& set : sets) {
    if (!set.origin.empty()) continue;  // Not by ADS: it is read where it comes from.
    xds::HeldType held{set.type_url, set.version, {}};
    set.records.ForEach([&](std::string_view, const admin::ResourceRecord& record) {
      if (!record.accepted) return;
      if (!include_secrets && schema::HoldsSecret(set.type_url, record.content.bytes())) return;
      held.resources.push_back({record.content});
    });
    std::sort(held.resources.begin(), held.resources.end(),
              [](const auto& a, const auto& b) { return a.name() < b.name(); });
    generation.types.push_back(std::move(held));
  }
  return xds::SerializeGeneration(generation);
}

}  // namespace

LastGood::LastGood(config::LastGoodFile config, std::string node_id, const Seams& seams,
                   xds::Client& client, const ResourceBook& book)
    : config_(std::move(config)),
      node_id_(std::move(node_id)),
      seams_(seams),
      client_(client),
      book_(book),
      wait_(seams.loop, [this] { Restore(); }),
      write_(seams.loop, [this] { Write(); }),
      self_(std::make_shared<LastGood*>(this)) {}

LastGood::~LastGood() = default;

void LastGood::Start() {
  client_.Start();
  wait_.Enable(config_.control_plane_wait);
}

void LastGood::StreamEnded() { Restore(); }

// --- Reading

void LastGood::Restore() {
  if (state_ != State::kWaiting) return;
  wait_.Disable();
  if (client_.ever_connected()) {
    state_ = State::kServing;
    return;
  }
  state_ = State::kRestoring;
  client_.Suspend();
  seams_.executor.Run([&files = seams_.files, &loop = seams_.loop, path = config_.path,
                       weak = std::weak_ptr<LastGood*>(self_)] {
    absl::StatusOr<xds::HeldGeneration> read = InvalidArgument("");
    if (const auto bytes = files.Read(path, kMaxFileBytes); bytes.ok()) {
      read = xds::ParseGeneration(*bytes);
    } else {
      read = bytes.status();
    }
    loop.Post([weak, read = std::move(read)] {
      if (const auto self = weak.lock()) (*self)->TakeFile(read);
    });
  });
}

void LastGood::TakeFile(absl::StatusOr<xds::HeldGeneration> read) {
  if (!read.ok()) {
    WEIR_LOG(kConfig, kWarn, "the control plane does not answer, and the last good generation in ",
             config_.path, " cannot be used: ", MessageOf(read.status()));
    return Serve();
  }
  if (read->node_id != node_id_) {
    WEIR_LOG(kConfig, kWarn, "the control plane does not answer, and the last good generation in ",
             config_.path, " was written by node \"", read->node_id, "\", not by \"", node_id_,
             "\": not used");
    return Serve();
  }
  WEIR_LOG(kConfig, kWarn,
           "the control plane does not answer: serving the last good generation of ", config_.path);
  to_restore_ = std::move(read->types);
  std::sort(to_restore_.begin(), to_restore_.end(), [](const auto& a, const auto& b) {
    return RestoreRank(a.type_url) > RestoreRank(b.type_url);
  });
  RestoreNext();
}

void LastGood::RestoreNext() {
  if (to_restore_.empty()) return Serve();
  xds::HeldType next = std::move(to_restore_.back());
  to_restore_.pop_back();
  client_.Restore(std::move(next), [weak = std::weak_ptr<LastGood*>(self_)] {
    if (const auto self = weak.lock()) (*self)->RestoreNext();
  });
}

void LastGood::Serve() {
  state_ = State::kServing;
  client_.Start();
}

// --- Writing

void LastGood::Keep() {
  // Until the control plane has spoken there is nothing newer than the file.
  if (client_.ever_connected() && !write_.enabled()) write_.Enable(kWriteDelay);
}

void LastGood::Flush() {
  if (!write_.enabled()) return;
  write_.Disable();
  Write();
}

void LastGood::Write() {
  if (writing_) {
    changed_while_writing_ = true;
    return;
  }
  writing_ = true;
  seams_.executor.Run([&files = seams_.files, &loop = seams_.loop, config = config_,
                       node_id = node_id_, sets = book_.Sets(), before = written_,
                       weak = std::weak_ptr<LastGood*>(self_)] {
    const std::string bytes = Serialize(sets, node_id, config.include_secrets);
    std::string head = bytes.substr(0, bytes.find('\n'));
    if (head != before) {
      const absl::Status status = files.WriteAtomically(config.path, bytes);
      if (!status.ok()) {
        WEIR_LOG(kConfig, kWarn, "the last good generation cannot be kept: ", MessageOf(status));
        head.clear();
      }
    }
    loop.Post([weak, head = std::move(head)] {
      const auto self = weak.lock();
      if (self == nullptr) return;
      (*self)->written_ = head;
      (*self)->writing_ = false;
      if (std::exchange((*self)->changed_while_writing_, false)) (*self)->Write();
    });
  });
}

}  // namespace weir::server
