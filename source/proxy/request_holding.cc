// What a RequestStream holds, and giving it up for that.

#include "source/proxy/request_stream.h"

namespace weir::proxy {

using http::ErrorKind;
using http::Side;
using stream_info::ResponseFlag;

bool RequestStream::ShedAtOnce() {
  const double share = platform_.overload.stop_accepting_requests;
  if (share <= 0 || platform_.random.Unit() >= share) return false;
  stats_.downstream_rq_overload_close.Inc();
  Fail({ErrorKind::kOverloaded, Side::kDownstream, false, "overload"});
  return true;
}

void RequestStream::Shed() {
  if (response_ >= ResponseState::kEnded && stream_ == nullptr) return;
  info_.flags.Set(ResponseFlag::kOverloadManager);
  info_.response_code_details = "overload_manager_reset";
  ResetDownstream({ErrorKind::kOverloaded, Side::kDownstream, false, "overload_manager_reset"});
}

void RequestStream::AddHeld(buffer::Ledger& ledger) {
  ledger.Add(buffer::LedgerKind::kHeaders,
             memory_->request.headers.byte_size() + memory_->response.headers.byte_size());
  chain_.AddHeld(ledger);
  router_.AddHeld(ledger);
  if (stream_ == nullptr) return;
  ledger.Add(buffer::LedgerKind::kOutput, stream_->buffered());
  ledger.Add(buffer::LedgerKind::kInput, stream_->undelivered());
}

// The answer is whole, and what the codec holds of it waits for the client. The idle timeout runs
// on until the codec lets go.
void RequestStream::AwaitFlush() {
  unsent_ = stream_->buffered();
  if (unsent_ == 0) return Progress();
  const auto flush = router_.stream_flush_timeout().value_or(config_.stream_flush_timeout);
  if (flush.count() > 0) {
    idle_.Enable(flush);
  } else {
    idle_.Disable();
  }
}

}  // namespace weir::proxy
