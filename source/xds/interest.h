// The names of one type that somebody subscribes to, and which of them the server was told of.
//
// Loop's thread; owned by what speaks for the type.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/hash_map.h"
#include "source/event/loop.h"

namespace weir::xds {

class Interest {
 public:
  // `timed_out` is called with a name whose answer did not come in time; of several at once, in the
  // order of their names.
  Interest(event::Loop& loop, std::function<void(std::string_view name)> timed_out);
  Interest(const Interest&) = delete;
  Interest& operator=(const Interest&) = delete;
  ~Interest();

  // Counted. The first one sets a time for the answer, unless `timeout` is 0.
  void Add(std::string_view name, event::Duration timeout);
  // Undoes one Add.
  void Remove(std::string_view name);

  // Whether anything wants it: by its name or by the wildcard.
  bool Wants(std::string_view name) const;
  bool WantsByName(std::string_view name) const;
  // Whether its last Remove is still to be settled.
  bool ReleaseFollows(std::string_view name) const;
  // Every name, sorted; the wildcard among them.
  std::vector<std::string> Names() const;

  // An answer came.
  void Answered(std::string_view name);

  struct Changes {
    std::vector<std::string> subscribe;    // Wanted, and the server was not told.
    std::vector<std::string> unsubscribe;  // The reverse.
    std::vector<std::string> released;     // Nobody subscribes by this name any more.
  };
  // What changed since the last call, sorted. `telling` says that the server will be told of it.
  Changes Settle(bool telling);
  // A new stream: the server knows nothing.
  void ForgetTold();

 private:
  struct Entry;
  void Touch(Entry& entry);
  // Has it fire at `deadline`, or before.
  void StartClock(event::MonotonicTime deadline);
  void Overdue();

  event::Loop& loop_;
  const std::function<void(std::string_view)> timed_out_;
  NamedSet<std::unique_ptr<Entry>> entries_;
  std::vector<Entry*> touched_;
  // One for all names: tens of thousands are asked for at once, and nearly all are answered.
  event::Timer clock_;
  event::MonotonicTime clock_due_;  // While it runs.
};

}  // namespace weir::xds
