#include "source/server/memory_status.h"

#include <algorithm>
#include <string>

namespace weir::server {
namespace {

using buffer::LedgerKind;

admin::HeldBytes HeldBytesOf(const HeldByPeers::Share& share) {
  return {.connections = share.connections,
          .input = share.held.held(LedgerKind::kInput),
          .headers = share.held.held(LedgerKind::kHeaders),
          .body = share.held.held(LedgerKind::kBody),
          .output = share.held.held(LedgerKind::kOutput)};
}

void AddHolders(const HashMap<HeldByPeers::Share>& by_peer, bool upstream,
                std::vector<admin::MemoryStatus::Holder>& holders) {
  for (const auto& [peer, share] : by_peer) holders.push_back({peer, upstream, HeldBytesOf(share)});
}

uint64_t TotalOf(const admin::HeldBytes& held) {
  return held.input + held.headers + held.body + held.output;
}

}  // namespace

admin::MemoryStatus MemoryStatusOf(std::span<const WorkerMemory> workers) {
  admin::MemoryStatus status;
  HashMap<HeldByPeers::Share> downstream, upstream;
  const auto merge = [](const HeldByPeers& from, HashMap<HeldByPeers::Share>& into) {
    for (const auto& [peer, share] : from.by_peer) {
      into[peer].connections += share.connections;
      into[peer].held += share.held;
    }
  };
  for (const WorkerMemory& worker : workers) {
    status.workers.push_back({worker.block_bytes_in_use, worker.block_bytes_free,
                              HeldBytesOf(worker.downstream.total),
                              HeldBytesOf(worker.upstream.total)});
    merge(worker.downstream, downstream);
    merge(worker.upstream, upstream);
  }
  AddHolders(downstream, false, status.largest);
  AddHolders(upstream, true, status.largest);
  std::sort(status.largest.begin(), status.largest.end(), [](const auto& a, const auto& b) {
    const uint64_t bytes_a = TotalOf(a.held), bytes_b = TotalOf(b.held);
    return bytes_a != bytes_b ? bytes_a > bytes_b : a.peer < b.peer;
  });
  if (status.largest.size() > kLargestHolders) status.largest.resize(kLargestHolders);
  return status;
}

}  // namespace weir::server
