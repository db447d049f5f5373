// The transport-socket contract: what turns the kernel's byte stream into the one the codec sees.
//
// A factory is immutable and shared by workers; raw_buffer's gives the stream back as it is, TLS's
// wraps it. The wrapped stream reports OnConnected when its handshake is done (a raw accepted
// stream never does).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/buffer/buffer.h"
#include "source/event/loop.h"
#include "source/net/byte_stream.h"
#include "source/net/proxy_header.h"
#include "source/net/transport_stats.h"

namespace weir::net {

// What a wrapped stream works with; all of it outlives the stream.
struct TransportPlatform {
  event::Loop& loop;
  buffer::BlockPool& blocks;
  TransportStats& stats;
};

// For whom a connection is made, as far as its transport says so to the peer. Connections for
// different ones are not shared.
struct ConnectionPurpose {
  std::string server_name;    // SNI in place of the configured one; empty: as configured.
  std::string verified_name;  // Which the peer's certificate must cover; empty: as configured.
  std::optional<ProxyEndpoints> downstream;  // The client's connection.
  std::vector<ProxyTlv> downstream_tlvs;     // Of its PROXY header.

  // Equal for those that may share connections; empty where nothing is said.
  std::string Key() const;
};

// What the connecting side asks of the transport for one connection.
struct TransportOptions {
  std::string host_name;          // The endpoint's, for SNI; may be empty.
  std::vector<std::string> alpn;  // Protocols to offer where the configuration names none.
  ConnectionPurpose purpose;
};

class TransportSocketFactory {
 public:
  virtual ~TransportSocketFactory() = default;
  // `received`: what was read of the stream before, by listener filters. A transport with a
  // handshake takes all of it; one without leaves it to what comes after.
  virtual std::unique_ptr<ByteStream> WrapServer(std::unique_ptr<ByteStream> stream,
                                                 buffer::Buffer& received,
                                                 const TransportPlatform& platform) const = 0;
  virtual std::unique_ptr<ByteStream> WrapClient(std::unique_ptr<ByteStream> stream,
                                                 const TransportPlatform& platform,
                                                 const TransportOptions& options) const = 0;
  // Whether an accepted stream has a handshake to wait for before the first byte.
  virtual bool has_handshake() const = 0;
  // Whether its connections say whom they are for: ConnectionPurpose::downstream is wanted.
  virtual bool tells_of_downstream() const { return false; }
  // Any thread; may take a while.
  virtual CertificatesInUse certificates() const { return {}; }
  // The same, as far as time goes; cheap.
  virtual std::vector<CertificateEnd> certificate_ends() const { return {}; }
};

}  // namespace weir::net
