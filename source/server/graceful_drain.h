// How clients are told to go while the server still serves: all at once when health checks are to
// fail, or more and more of them in the course of the drain time (/drain_listeners?graceful).
//
// Main thread.
#pragma once

#include <functional>
#include <optional>

#include "source/admin/page.h"
#include "source/event/loop.h"
#include "source/server/worker.h"

namespace weir::server {

class GracefulDrain {
 public:
  struct Options {
    event::Duration time;  // Until all of them are told.
    bool gradually = true;
    // Called with the shares of clients to tell, whenever they may have changed.
    std::function<void(const DrainShares&)> tell;
    // Called once, when the time is over and listeners are not to go on.
    std::function<void(bool inbound_only)> over;
  };
  GracefulDrain(event::Loop& loop, Options options);
  GracefulDrain(const GracefulDrain&) = delete;
  GracefulDrain& operator=(const GracefulDrain&) = delete;

  // Begins a drain, which never ends; one that came before goes on instead.
  void Begin(const admin::DrainRequest& request);
  // /healthcheck/fail and /ok.
  void FailHealthChecks(bool fail);

  bool health_checks_fail() const { return health_checks_fail_; }
  // Whether the server as a whole is on its way out.
  bool draining() const;

 private:
  void Advance();
  void Tell() const;

  event::Loop& loop_;
  const Options options_;
  bool health_checks_fail_ = false;
  std::optional<admin::DrainRequest> request_;  // What began.
  event::MonotonicTime began_;
  double share_ = 0;  // Of clients that are told for the sake of `request_`.
  event::Timer step_;
};

}  // namespace weir::server
