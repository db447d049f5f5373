// An upstream that reads requests as a strict peer reads them and keeps what it really received.
//
// What it cannot read as a whole request stays in `rest`: bytes that a lenient peer might take for
// something else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "test/scenario/world.h"

namespace weir::conformance {

// The size of the request at the front of `bytes`; 0 while it is not whole.
size_t RequestSize(std::string_view bytes);

class StrictUpstream {
 public:
  StrictUpstream(scenario::World& world, std::string_view address);

  // What the next requests are answered with; without one they get "200", "ok".
  void AnswerWith(std::string bytes, bool then_close);

  // Whole requests, in order of arrival, on all connections.
  const std::vector<std::string>& requests() const { return requests_; }
  // Everything received, whole or not.
  std::string all() const;
  size_t connection_count() const { return upstream_.connection_count(); }
  // Bytes behind the last whole request of each connection.
  std::string rest() const { return rest_; }

 private:
  void Take(scenario::Peer& peer);

  scenario::Upstream& upstream_;
  std::vector<std::string> requests_;
  std::string rest_;
  std::string answer_;
  bool then_close_ = false;
};

}  // namespace weir::conformance
