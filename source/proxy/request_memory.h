// The memory of a request, reused: arena, heads and their tables keep their capacity from one to
// the next, so that a request in steady state allocates nothing.
//
// One pool a worker; at most `max_free` are kept, so that memory follows use.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "source/base/recycler.h"
#include "source/buffer/arena.h"
#include "source/http/message.h"

namespace weir::proxy {

struct RequestMemory {
  explicit RequestMemory(buffer::BlockPool& blocks)
      : arena(blocks), request(arena), response(arena), response_trailers(arena) {}

  buffer::Arena arena;
  http::RequestHead request;
  http::ResponseHead response;
  http::HeaderMap response_trailers;  // For access logs.
};

class RequestMemoryPool {
 public:
  explicit RequestMemoryPool(buffer::BlockPool& blocks, size_t max_free = 64)
      : blocks_(blocks), max_free_(max_free) {}

  std::unique_ptr<RequestMemory> Take() {
    if (free_.empty()) return std::make_unique<RequestMemory>(blocks_);
    std::unique_ptr<RequestMemory> memory = std::move(free_.back());
    free_.pop_back();
    return memory;
  }
  void Return(std::unique_ptr<RequestMemory> memory) {
    if (free_.size() >= max_free_) return;
    memory->request.Clear();
    memory->response.Clear();
    memory->response_trailers.Clear();
    memory->arena.Reset();
    free_.push_back(std::move(memory));
  }
  // For the RequestStream itself.
  Recycler& streams() { return streams_; }

 private:
  buffer::BlockPool& blocks_;
  const size_t max_free_;
  Recycler streams_{max_free_};
  std::vector<std::unique_ptr<RequestMemory>> free_;
};

}  // namespace weir::proxy
