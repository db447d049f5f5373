// A resource that the bootstrap has whole, and which reads files (config::GivenResource): it goes
// to its type's sink as one that a control plane sends does.
//
// It goes there at once, and anew at its interval, since not every filesystem tells of changes; as
// long as it is refused, as when its files are not there yet, sooner than that. Who waits for it
// waits no longer than initial_fetch_timeout. Main thread.
#pragma once

#include <memory>
#include <string_view>

#include "source/base/backoff.h"
#include "source/config/source.h"
#include "source/event/loop.h"
#include "source/event/random.h"
#include "source/xds/resource_sink.h"

namespace weir::server {

class GivenResource {
 public:
  // The references outlive it.
  GivenResource(std::string_view name, const config::ConfigSource& source, xds::ResourceSink& sink,
                event::Loop& loop, event::Random& random);
  GivenResource(const GivenResource&) = delete;
  GivenResource& operator=(const GivenResource&) = delete;

 private:
  void Deliver();
  void TakeVerdict(const xds::Verdict& verdict);

  const xds::RawResource resource_;
  const event::Duration interval_;
  xds::ResourceSink& sink_;
  event::Random& random_;
  Backoff retry_;
  event::Timer again_;
  event::Timer patience_;
  // Verdicts hold it weakly.
  const std::shared_ptr<GivenResource*> self_;
};

}  // namespace weir::server
