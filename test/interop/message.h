// Requests and answers as the clients and upstreams of this folder see them, and HTTP/1.1 as text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "test/interop/socket.h"

namespace weir::interop {

using Headers = std::map<std::string, std::string>;  // Lower-case names.

struct Request {
  std::string method = "GET";
  std::string path;
  Headers headers;
  std::string body;
};

struct Answer {
  int status = 0;
  Headers headers;
  std::string body;

  // Empty when there is none.
  std::string_view header(const std::string& name) const;
};

// Messages one after another from a socket.
class Http1Reader {
 public:
  // `socket` outlives the reader. `beginning`: what was read already.
  explicit Http1Reader(Socket& socket, std::string beginning = "")
      : socket_(socket), bytes_(std::move(beginning)) {}

  struct Message {
    std::string start_line;
    Headers headers;
    std::string body;
  };
  // The next message, whole. Its error says how far it came; NotFound: the peer ended before the
  // first byte.
  absl::StatusOr<Message> Read(Instant deadline);
  // Bytes beyond the messages read so far.
  bool has_more() const { return !bytes_.empty(); }

 private:
  absl::Status Fill(Instant deadline);
  absl::StatusOr<std::string> ReadLine(Instant deadline);
  absl::StatusOr<std::string> ReadExactly(size_t count, Instant deadline);
  absl::StatusOr<std::string> ReadChunks(Instant deadline);

  Socket& socket_;
  std::string bytes_;
};

// The head and body of a message with a length, or chunked.
std::string Http1Text(std::string_view start_line, const Headers& headers, std::string_view body,
                      bool chunked);

// A text of this length that belongs to this seed alone.
std::string Pattern(uint64_t seed, size_t length);

}  // namespace weir::interop
