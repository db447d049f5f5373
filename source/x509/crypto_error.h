// Why the crypto library refused something, in words, for a message to people.
#pragma once

#include <string>

namespace weir::x509 {

// The first reason in this thread's error queue, "BAD_DECRYPT" or "NO_START_LINE"; the queue is
// empty afterwards. "unknown reason" when there was none.
std::string TakeCryptoError();

}  // namespace weir::x509
