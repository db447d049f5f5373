#include "source/server/graceful_drain.h"

#include <utility>

namespace weir::server {
namespace {

// How often the share of told clients grows.
constexpr event::Duration kStep = std::chrono::seconds(1);

}  // namespace

GracefulDrain::GracefulDrain(event::Loop& loop, Options options)
    : loop_(loop), options_(std::move(options)), step_(loop, [this] { Advance(); }) {}

void GracefulDrain::Begin(const admin::DrainRequest& request) {
  if (request_.has_value()) return;
  request_ = request;
  began_ = loop_.Now();
  Advance();
}

void GracefulDrain::FailHealthChecks(bool fail) {
  health_checks_fail_ = fail;
  Tell();
}

bool GracefulDrain::draining() const {
  return health_checks_fail_ || (request_.has_value() && !request_->inbound_only);
}

void GracefulDrain::Advance() {
  const event::Duration gone = loop_.Now() - began_;
  const bool over = gone >= options_.time;
  share_ = over || !options_.gradually
               ? 1
               : static_cast<double>(gone.count()) / static_cast<double>(options_.time.count());
  Tell();
  if (!over) {
    step_.Enable(kStep);
  } else if (!request_->skip_exit) {
    options_.over(request_->inbound_only);
  }
}

void GracefulDrain::Tell() const {
  DrainShares shares;
  if (request_.has_value()) (request_->inbound_only ? shares.inbound : shares.all) = share_;
  if (health_checks_fail_) shares.all = 1;
  options_.tell(shares);
}

}  // namespace weir::server
