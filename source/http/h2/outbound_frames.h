// Counts the frames in a connection's output that its peer has not taken: one that sends and does
// not read makes us keep answers (CVE-2019-9512, 9514, 9515, 9517).
//
// Frames are counted as they are made; how many of them are gone is seen by how much the output
// has shrunk between two turns. One mark a turn, none while the peer reads; belongs to a
// connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace weir::http::h2 {

class OutboundFrames {
 public:
  // Around the making of frames, with the size of the output before and after it.
  void BeginTurn(size_t output_bytes);
  void OnFrame(bool control) {
    ++made_.frames;
    made_.control += control ? 1 : 0;
  }
  void EndTurn(size_t output_bytes);

  // Not taken yet, those of this turn among them. Control: SETTINGS, PING and RST_STREAM.
  uint64_t frames() const { return made_.frames - taken_.frames; }
  uint64_t control_frames() const { return made_.control - taken_.control; }

 private:
  // Totals since the connection began.
  struct Totals {
    uint64_t bytes = 0;
    uint64_t frames = 0;
    uint64_t control = 0;
  };
  Totals made_;
  Totals taken_;  // By whole marks; its bytes are exact.
  size_t size_ = 0;
  std::vector<Totals> marks_;  // At the ends of turns, from first_ on.
  size_t first_ = 0;
};

}  // namespace weir::http::h2
