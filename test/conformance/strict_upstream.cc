#include "test/conformance/strict_upstream.h"

#include <algorithm>
#include <optional>

#include "source/base/strings.h"

namespace weir::conformance {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

// The value of a field of `head`, which the proxy writes in lower case.
std::optional<std::string> FieldOf(std::string_view head, std::string_view name) {
  const std::string line = StrCat("\r\n", name, ": ");
  const size_t at = head.find(line);
  if (at == std::string_view::npos) return std::nullopt;
  const size_t begin = at + line.size();
  return std::string(head.substr(begin, head.find("\r\n", begin) - begin));
}

// Of a chunked body with its trailer section; 0 while it is not whole.
size_t ChunkedSize(std::string_view bytes) {
  size_t at = 0;
  while (true) {
    const size_t line_end = bytes.find("\r\n", at);
    if (line_end == std::string_view::npos) return 0;
    const size_t size = std::stoull(std::string(bytes.substr(at, line_end - at)), nullptr, 16);
    at = line_end + 2;
    if (size == 0) break;
    at += size + 2;
    if (at > bytes.size()) return 0;
  }
  if (bytes.substr(at).starts_with("\r\n")) return at + 2;
  const size_t end = bytes.find(kHeadEnd, at);
  return end == std::string_view::npos ? 0 : end + kHeadEnd.size();
}

}  // namespace

size_t RequestSize(std::string_view bytes) {
  const size_t head_end = bytes.find(kHeadEnd);
  if (head_end == std::string_view::npos) return 0;
  const size_t body = head_end + kHeadEnd.size();
  const std::string_view head = bytes.substr(0, head_end + 2);
  if (FieldOf(head, "transfer-encoding").has_value()) {
    const size_t size = ChunkedSize(bytes.substr(body));
    return size == 0 ? 0 : body + size;
  }
  const size_t length = std::stoull(FieldOf(head, "content-length").value_or("0"));
  return bytes.size() - body >= length ? body + length : 0;
}

StrictUpstream::StrictUpstream(scenario::World& world, std::string_view address)
    : upstream_(world.AddUpstream(address)) {
  upstream_.OnBytes([this](scenario::Peer& peer) { Take(peer); });
}

void StrictUpstream::AnswerWith(std::string bytes, bool then_close) {
  answer_ = std::move(bytes);
  then_close_ = then_close;
}

std::string StrictUpstream::all() const { return Join(requests_, "") + rest_; }

void StrictUpstream::Take(scenario::Peer& peer) {
  std::string bytes = peer.TakeReceived();
  // With one connection under way at a time, as here, what is left belongs to this one.
  bytes.insert(0, std::exchange(rest_, {}));
  for (size_t size = RequestSize(bytes); size > 0; size = RequestSize(bytes)) {
    requests_.push_back(bytes.substr(0, size));
    bytes.erase(0, size);
    const bool head = requests_.back().starts_with("HEAD ");
    peer.Send(!answer_.empty()
                  ? answer_
                  : StrCat("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", head ? "" : "ok"));
    if (!answer_.empty() && then_close_) peer.EndWrites();
  }
  rest_ = std::move(bytes);
}

}  // namespace weir::conformance
