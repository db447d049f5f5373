// A small language for the tables of this folder: what happens to one discovery stream, and what it
// answers.
//
//   "config c/a=1>a e/a=1 l/x=1"   a snapshot: TYPE/NAME=CONTENT, and after '>' the names a
//   resource refers to
//                                  (a cluster's endpoints)
//   "c"  "c a b"  "c *"            SotW: the client's first request of a type, or a later one with
//   its last nonce "c +a -b init:a=1"             delta: the same "ack c" "nack c TEXT" the
//   client's answer to the last response of the type "stale c a b" "stale c +a"     a request with
//   an old nonce "time 15"                      so many seconds pass "retry" the operator's wish
// Types: l listener, r route, c cluster, e endpoints, s secret.
//
// An answer reads "c{a=1 b=2}", in delta "c{a=1 -b}"; several are separated by a blank; "" is none.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/control/engine/stream.h"

namespace weir::control::engine {

// The snapshot of a "config" line, built upon `previous`.
SnapshotPtr SnapshotOf(std::string_view line, const Snapshot* previous);
// "a=1" of a resource.
std::string ContentOf(const Resource& resource);
std::string ShownResponse(const Response& response);
std::string TypeUrlOf(std::string_view letter);

class Script {
 public:
  explicit Script(Variant variant, std::string_view only_type = "");

  // Runs one action; the answers as text, or "closed: MESSAGE".
  std::string Run(std::string_view action);

  const Stream& stream() const { return *stream_; }
  const std::vector<Response>& responses() const { return responses_; }
  NodeStatus Status() const { return stream_->Status(); }
  // Of the type of this letter; fails the test when there is none.
  TypeStatus StatusOf(std::string_view letter) const;
  // What the next stream of a returning client meets.
  void Reconnect();
  Time now() const { return now_; }

 private:
  std::string Send(Request request);
  void Fill(std::string_view words, Request& request) const;
  std::string Shown();

  const Variant variant_;
  const std::string only_type_;
  Time now_{std::chrono::seconds(1000)};
  SnapshotPtr snapshot_ = Snapshot::Empty();
  ClusterHistory history_;
  std::unique_ptr<Stream> stream_;
  bool sent_node_ = false;
  std::map<std::string, std::vector<std::string>> names_;  // SotW: the list of each type.
  std::map<std::string, std::string> nonces_;
  std::map<std::string, std::string> versions_;
  std::vector<Response> responses_;  // Of the last action.
};

struct Step {
  std::string_view action;
  std::string_view answer;
};
struct Row {
  std::string_view rule;
  std::string_view what;
  std::vector<Step> steps;
};

// Runs the row on a fresh stream and reports each answer that differs.
void RunRow(Variant variant, const Row& row);

}  // namespace weir::control::engine
