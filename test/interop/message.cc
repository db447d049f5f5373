#include "test/interop/message.h"

#include <algorithm>
#include <cstdlib>

#include "source/base/status.h"
#include "source/base/strings.h"

namespace weir::interop {

std::string_view Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

absl::Status Http1Reader::Fill(Instant deadline) {
  WEIR_ASSIGN_OR_RETURN(const size_t count, socket_.Read(bytes_, deadline));
  return count == 0 ? absl::NotFoundError("the peer has ended") : absl::OkStatus();
}

absl::StatusOr<std::string> Http1Reader::ReadLine(Instant deadline) {
  size_t end;
  while ((end = bytes_.find("\r\n")) == std::string::npos) WEIR_RETURN_IF_ERROR(Fill(deadline));
  std::string line = bytes_.substr(0, end);
  bytes_.erase(0, end + 2);
  return line;
}

absl::StatusOr<std::string> Http1Reader::ReadExactly(size_t count, Instant deadline) {
  while (bytes_.size() < count) {
    if (absl::Status status = Fill(deadline); !status.ok()) {
      return Internal(
          StrCat("a short body, ", bytes_.size(), " of ", count, ": ", MessageOf(status)));
    }
  }
  std::string body = bytes_.substr(0, count);
  bytes_.erase(0, count);
  return body;
}

absl::StatusOr<std::string> Http1Reader::ReadChunks(Instant deadline) {
  std::string body;
  for (;;) {
    WEIR_ASSIGN_OR_RETURN(const std::string line, ReadLine(deadline));
    const size_t size = std::strtoull(line.c_str(), nullptr, 16);
    WEIR_ASSIGN_OR_RETURN(const std::string chunk, ReadExactly(size + 2, deadline));
    if (size == 0) return body;
    body.append(chunk, 0, size);
  }
}

absl::StatusOr<Http1Reader::Message> Http1Reader::Read(Instant deadline) {
  if (bytes_.empty()) WEIR_RETURN_IF_ERROR(Fill(deadline));
  const auto rest = [&]() -> absl::StatusOr<Message> {
    Message message;
    WEIR_ASSIGN_OR_RETURN(message.start_line, ReadLine(deadline));
    for (;;) {
      WEIR_ASSIGN_OR_RETURN(const std::string line, ReadLine(deadline));
      if (line.empty()) break;
      const size_t colon = line.find(':');
      if (colon == std::string::npos) return Internal(StrCat("not a header field: ", line));
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), ::tolower);
      const size_t value = line.find_first_not_of(' ', colon + 1);
      message.headers[name] = value == std::string::npos ? "" : line.substr(value);
    }
    if (message.headers.contains("transfer-encoding")) {
      WEIR_ASSIGN_OR_RETURN(message.body, ReadChunks(deadline));
    } else if (const auto length = message.headers.find("content-length");
               length != message.headers.end()) {
      WEIR_ASSIGN_OR_RETURN(
          message.body, ReadExactly(std::strtoull(length->second.c_str(), nullptr, 10), deadline));
    }
    return message;
  };
  absl::StatusOr<Message> message = rest();
  if (message.ok()) return message;
  return Internal(StrCat("in the middle of a message: ", MessageOf(message.status())));
}

std::string Http1Text(std::string_view start_line, const Headers& headers, std::string_view body,
                      bool chunked) {
  std::string text = StrCat(start_line, "\r\n");
  for (const auto& [name, value] : headers) StrAppend(text, name, ": ", value, "\r\n");
  if (!chunked) {
    StrAppend(text, "content-length: ", body.size(), "\r\n\r\n", body);
    return text;
  }
  StrAppend(text, "transfer-encoding: chunked\r\n\r\n");
  constexpr size_t kChunk = 3000;
  for (size_t at = 0; at < body.size(); at += kChunk) {
    const std::string_view chunk = body.substr(at, kChunk);
    char size[20];
    snprintf(size, sizeof(size), "%zx", chunk.size());
    StrAppend(text, std::string_view(size), "\r\n", chunk, "\r\n");
  }
  StrAppend(text, "0\r\n\r\n");
  return text;
}

std::string Pattern(uint64_t seed, size_t length) {
  std::string text;
  text.reserve(length + 24);
  for (uint64_t i = 0; text.size() < length; ++i) StrAppend(text, seed, "/", i, " ");
  text.resize(length);
  return text;
}

}  // namespace weir::interop
