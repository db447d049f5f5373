// Writes the secrets of connections for tools that decrypt what was said
// (draft-ietf-tls-keylogfile): a line a secret, of the connections whose ends are in the ranges of
// the configuration.
//
// Immutable and shared by workers, on whose threads `write` is called; part of a context.
#pragma once

#include <functional>
#include <string_view>

#include "source/config/tls.h"
#include "source/net/byte_stream.h"

struct ssl_ctx_st;

namespace weir::tls {

class KeyLog {
 public:
  // `write` gets one line with its line break.
  KeyLog(const config::TlsKeyLog& config, std::function<void(std::string_view line)> write)
      : config_(config), write_(std::move(write)) {}

  // Makes all connections of `context` tell the key log of their handshake.
  static void AttachTo(ssl_ctx_st& context);

 private:
  bool Covers(const net::Address& local, const net::Address& remote) const;

  const config::TlsKeyLog config_;
  const std::function<void(std::string_view line)> write_;
};

}  // namespace weir::tls
