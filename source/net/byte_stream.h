// A connection as bytes both ways: TCP, UNIX, TLS around either, or a pair in memory. No call
// blocks, and no call runs a callback: Read, Write, Close and Connect report at once by their
// result, and what happens later comes to the handler from the loop.
//
//   SetHandler(&me)      before anything else; may be changed (a listener filter hands over)
//   OnConnected          once, for streams made by Network::Connect and for TLS handshakes
//   OnReadable           Read until kAgain: only after that the next OnReadable comes (edges); who
//                        stops reading earlier calls Read by itself when it resumes
//   OnWritable           after a Write that left bytes behind: room again
//   OnFailed             the peer reset the connection, or connecting failed
//   Close, then destroy  no event comes after Close; destroying closes, with a reset if need be
//
// One owner, on the loop's thread. An object may be destroyed from its own callback only through
// Loop::DeferDelete.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "source/buffer/buffer.h"
#include "source/net/address.h"
#include "source/net/tls_facts.h"

namespace weir::net {

enum class IoOutcome {
  kOk,     // `bytes` moved; for Read there may be more, for Write all is taken or the kernel took a
           // part.
  kAgain,  // Nothing now; an event will tell.
  kEof,    // Read only: the peer has ended its side; nothing more comes.
  kError,  // Reset or broken; the stream is dead.
};

struct IoResult {
  IoOutcome outcome;
  size_t bytes = 0;
};

// What a finished transport handshake found. Empty strings where there is none (cleartext).
struct TransportFacts {
  bool encrypted = false;
  std::string alpn;         // Negotiated protocol, "h2" or "http/1.1".
  std::string server_name;  // SNI as sent by the client, lower case.
  TlsFactsRef tls;          // Null in cleartext.
  std::string failure;      // Why a handshake that was done failed after all, as OnFailed says it.
};

class ByteStreamHandler {
 public:
  virtual void OnConnected() = 0;
  virtual void OnReadable() = 0;
  virtual void OnWritable() = 0;
  // `reason` is a word of transport_failure_reason, valid during the call.
  virtual void OnFailed(std::string_view reason) = 0;

 protected:
  ~ByteStreamHandler() = default;
};

class ByteStream {
 public:
  virtual ~ByteStream() = default;

  virtual void SetHandler(ByteStreamHandler* handler) = 0;
  // Appends at most about `limit` bytes to `into` (never less than one when something is there).
  // kOk says that more may be there: call again; kAgain that all was read.
  virtual IoResult Read(buffer::Buffer& into, size_t limit) = 0;
  // Drains from `from` what the transport took. kOk with bytes left in `from`: the transport is
  // full, OnWritable follows.
  virtual IoResult Write(buffer::Buffer& from) = 0;
  // Ends our side after all that was written; reading goes on.
  virtual void ShutdownWrite() = 0;
  // Ends both sides and all events. kReset sends RST, so that the peer sees a failure rather than
  // an end.
  enum class CloseMode { kNormal, kReset };
  virtual void Close(CloseMode mode) = 0;

  virtual const Address& local_address() const = 0;
  virtual const Address& remote_address() const = 0;
  virtual const TransportFacts& transport() const = 0;
};

}  // namespace weir::net
