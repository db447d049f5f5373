// A client as the protocol wants it, over bytes: it takes clusters, then listeners; asks for the
// endpoints of each cluster and the routes of each listener; refuses content that says "bad"; warms
// a new or changed cluster until its endpoints come. It fails the test when a route in force leads
// to a cluster that cannot serve.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "source/control/engine/engine.h"

namespace weir::control::engine {

class ModelClient {
 public:
  ModelClient(Engine& engine, Variant variant) : engine_(&engine), variant_(variant) {}

  // Another server in the place of the one before; Connect() comes next.
  void set_engine(Engine& engine) { engine_ = &engine; }
  // A client that has never accepted whole clusters cannot tell a server that knows nothing of it
  // what it holds (SotW).
  bool can_tell_what_it_holds() const;

  // A new stream; what the client holds it keeps.
  void Connect(Time now);
  void Receive(const Outgoing& outgoing);
  bool HasInbox() const { return !inbox_.empty(); }
  bool HasOutbox() const { return !outbox_.empty(); }
  // Takes in the oldest response.
  void TakeOne();
  // Hands the oldest request to the server.
  void SendOne(Time now, std::vector<Outgoing>& out);

  uint64_t stream() const { return stream_; }
  // Type letter to name to content of what is in force.
  const std::map<std::string, std::map<std::string, std::string>>& held() const { return held_; }
  // Clusters that wait for endpoints.
  const std::set<std::string>& warming() const { return warming_; }
  size_t responses() const { return responses_; }
  // What happened, for a failing test to print.
  std::vector<std::string>& journal() { return journal_; }

 private:
  struct Incoming {
    std::string type;
    std::string nonce;
    std::string version;
    std::map<std::string, std::pair<std::string, std::string>> resources;  // Content and version.
    std::vector<std::string> removed;
    bool whole = false;  // Absent means removed.
  };

  Incoming Decode(const std::string& bytes) const;
  void Apply(const Incoming& incoming, std::string& refused);
  void AfterClusters(const std::string& name);
  void Resubscribe(const std::string& parent, const std::string& child);
  void Answer(const Incoming& incoming, const std::string& refused);
  void Ask(const std::string& type, std::vector<std::string> added,
           std::vector<std::string> dropped);
  void First(const std::string& type);
  void CheckRoutes();
  std::string Shown(const std::string& request) const;

  Engine* engine_;
  const Variant variant_;
  uint64_t stream_ = 0;
  bool node_sent_ = false;
  bool listeners_asked_ = false;
  size_t responses_ = 0;
  std::vector<std::string> journal_;
  std::deque<std::string> inbox_;
  std::deque<std::string> outbox_;
  std::map<std::string, std::map<std::string, std::string>> held_;
  std::map<std::string, std::map<std::string, std::string>> held_versions_;
  std::map<std::string, std::string> nonces_, versions_;
  std::map<std::string, std::set<std::string>> wanted_;  // Of e and r.
  std::set<std::string> usable_;                         // Clusters that have been warm.
  std::set<std::string> warming_;
  std::set<std::string> working_;  // Routes all of whose clusters have been usable.
};

// "a=3>x,y" names x and y.
std::vector<std::string> ReferencesOf(const std::string& content);

}  // namespace weir::control::engine
