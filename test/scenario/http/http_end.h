// One end of a connection as HTTP messages, the same for HTTP/1.1 and HTTP/2, so that one scenario
// runs in every combination. Over a Peer, which it takes for itself; the Peer outlives it.
//
// Exchanges are numbered from 0 in the order of their requests on that connection. HTTP/2 is spoken
// by nghttp2 itself.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "test/scenario/world.h"

namespace weir::scenario {

using Fields = std::map<std::string, std::string>;  // Names in lower case.

// A message of the other side, as far as it has come.
struct Heard {
  std::string start;  // The path of a request (of CONNECT: its authority), the status of an answer.
  Fields fields;      // Without pseudo-header fields, but for ":protocol" (HTTP/1.1: "upgrade").
  std::string body;
  Fields trailers;
  bool ended = false;
  bool reset = false;  // The stream, or the connection below it.
};

class HttpEnd {
 public:
  virtual ~HttpEnd() = default;

  // A client's. The body follows with Send where `end` is false. A field ":protocol" makes it ask
  // for a tunnel by upgrade, ":method" CONNECT for one to the authority `path`: `body` is early
  // data. Another ":method" stands in place of GET, or of POST with a body.
  virtual size_t Request(const std::string& path, const Fields& fields, const std::string& body,
                         bool end) = 0;
  // An upstream's. 101 grants a tunnel by upgrade, and 200 one by CONNECT.
  virtual void Answer(size_t exchange, int status, const std::string& body, bool end,
                      const Fields& fields = {}) = 0;
  virtual void Send(size_t exchange, const std::string& body, bool end) = 0;
  virtual void SendTrailers(size_t exchange, const Fields& trailers) = 0;
  // The stream; with HTTP/1.1 the connection.
  virtual void Reset(size_t exchange) = 0;
  virtual const Heard& heard(size_t exchange) = 0;
  // Messages whose head has come.
  virtual size_t count() = 0;
};

enum class HttpVersion { kHttp1, kHttp2 };

std::unique_ptr<HttpEnd> MakeClientEnd(Peer& peer, HttpVersion version);
std::unique_ptr<HttpEnd> MakeUpstreamEnd(Peer& peer, HttpVersion version);

}  // namespace weir::scenario
