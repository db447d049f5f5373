#include "test/sim/h1_reader.h"

#include <algorithm>
#include <utility>

#include "source/base/strings.h"

namespace weir::sim {
namespace {

constexpr size_t kLongestLine = 64 * 1024;
constexpr int kSwitching = 101;

bool IsToken(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

bool IsFieldValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = AsciiToLower(c);
  return lower;
}

}  // namespace

std::string H1Reader::Feed(std::string_view bytes) {
  while (!bytes.empty() && !stopped_) {
    if (at_ == At::kLengthBody || at_ == At::kChunkData || at_ == At::kUntilClose) {
      bytes = TakeBody(bytes);
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (cr_) {
      if (c != '\n') return "a CR without LF";
      cr_ = false;
      if (std::string wrong = TakeLine(); !wrong.empty()) return wrong;
      line_.clear();
    } else if (c == '\r') {
      cr_ = true;
    } else if (c == '\n') {
      return "a LF without CR";
    } else {
      line_ += c;
      if (line_.size() > kLongestLine) return "a line without end";
    }
  }
  return "";
}

bool H1Reader::FeedEnd() {
  if (at_ != At::kUntilClose) return false;
  EndMessage();
  return true;
}

std::string_view H1Reader::TakeBody(std::string_view bytes) {
  const uint64_t n =
      at_ == At::kUntilClose ? bytes.size() : std::min<uint64_t>(left_, bytes.size());
  left_ -= at_ == At::kUntilClose ? 0 : n;
  const bool done = left_ == 0 && at_ != At::kUntilClose;
  receiver_.OnBody(bytes.substr(0, n));
  if (stopped_) return {};
  if (done) {
    if (at_ == At::kChunkData) {
      at_ = At::kChunkEnd;
    } else {
      EndMessage();
    }
  }
  return bytes.substr(n);
}

std::string H1Reader::TakeLine() {
  switch (at_) {
    case At::kHead:
      return TakeHeadLine();
    case At::kChunkSize:
      return TakeChunkSize();
    case At::kChunkEnd:
      if (!line_.empty()) return StrCat("bytes behind a chunk: ", line_);
      at_ = At::kChunkSize;
      return "";
    case At::kTrailers:
      if (!line_.empty()) return TakeField(trailers_);
      EndMessage();
      return "";
    default:
      return "";
  }
}

std::string H1Reader::TakeHeadLine() {
  if (lines_++ == 0) {
    head_ = Head{};
    return TakeStartLine();
  }
  if (!line_.empty()) return TakeField(head_.fields);
  return EndHead();
}

std::string H1Reader::TakeStartLine() {
  const size_t first = line_.find(' ');
  if (first == std::string::npos) return StrCat("no start line: ", line_);
  const size_t second = line_.find(' ', first + 1);
  if (second == std::string::npos) return StrCat("no start line: ", line_);
  if (what_ == Reads::kRequests) {
    head_.method = line_.substr(0, first);
    head_.path = line_.substr(first + 1, second - first - 1);
    if (!IsToken(head_.method)) return StrCat("not a method: ", line_);
    if (line_.substr(second + 1) != "HTTP/1.1") return StrCat("not HTTP/1.1: ", line_);
    return "";
  }
  if (line_.substr(0, first) != "HTTP/1.1") return StrCat("not HTTP/1.1: ", line_);
  const auto status = ParseUint64(line_.substr(first + 1, second - first - 1));
  if (second != first + 4 || !status.has_value() || *status < 100 || *status > 599) {
    return StrCat("not a status: ", line_);
  }
  head_.status = static_cast<int>(*status);
  return "";
}

std::string H1Reader::TakeField(Fields& fields) {
  const size_t colon = line_.find(':');
  if (colon == std::string::npos || !IsToken(line_.substr(0, colon))) {
    return StrCat("not a field: ", line_);
  }
  const std::string_view value = TrimOws(std::string_view(line_).substr(colon + 1));
  if (!IsFieldValue(value)) return StrCat("not a field value: ", line_);
  fields.emplace_back(Lower(line_.substr(0, colon)), value);
  return "";
}

std::string H1Reader::EndHead() {
  lines_ = 0;
  if (std::string wrong = FrameMessage(); !wrong.empty()) return wrong;
  const bool informational =
      what_ == Reads::kAnswers && head_.status < 200 && head_.status != kSwitching;
  trailers_.clear();
  receiver_.OnHead(head_);
  if (stopped_) return "";
  if (informational) {
    if (head_.framing == Framing::kLength || head_.framing == Framing::kChunked) {
      return "a 1xx with a body";
    }
    return "";
  }
  if (what_ == Reads::kAnswers && receiver_.BodyIsLeftOut(head_)) {
    EndMessage();
    return "";
  }
  switch (head_.framing) {
    case Framing::kNone:
      EndMessage();
      break;
    case Framing::kLength:
      left_ = head_.length;
      at_ = At::kLengthBody;
      if (left_ == 0) EndMessage();
      break;
    case Framing::kChunked:
      at_ = At::kChunkSize;
      break;
    case Framing::kUntilClose:
      at_ = At::kUntilClose;
      break;
  }
  return "";
}

// RFC 9112, 6.3; of what it leaves open nothing may come from a proxy.
std::string H1Reader::FrameMessage() {
  int lengths = 0, codings = 0, hosts = 0;
  for (const auto& [name, value] : head_.fields) {
    if (name == "content-length") {
      ++lengths;
      const auto length = ParseUint64(value);
      if (!length.has_value()) return StrCat("not a content-length: ", value);
      head_.framing = Framing::kLength;
      head_.length = *length;
    } else if (name == "transfer-encoding") {
      ++codings;
      if (value != "chunked") return StrCat("not a transfer coding: ", value);
      head_.framing = Framing::kChunked;
    } else if (name == "host") {
      ++hosts;
      head_.authority = value;
    } else if (name == "upgrade") {
      head_.protocol = value;
    }
  }
  if (lengths + codings > 1) return "framed twice";
  const bool tunnel =
      what_ == Reads::kRequests ? !head_.protocol.empty() : head_.status == kSwitching;
  if (tunnel && lengths + codings > 0) return "a tunnel with a body";
  if (tunnel) head_.framing = Framing::kUntilClose;
  if (what_ == Reads::kRequests) return hosts == 1 ? "" : StrCat(hosts, " host fields");
  if (lengths + codings == 0 && head_.status >= 200) head_.framing = Framing::kUntilClose;
  return "";
}

std::string H1Reader::TakeChunkSize() {
  if (line_.empty() || line_.size() > 15) return StrCat("not a chunk size: ", line_);
  uint64_t size = 0;
  for (char c : line_) {
    const size_t digit = std::string_view("0123456789abcdef").find(AsciiToLower(c));
    if (digit == std::string_view::npos) return StrCat("not a chunk size: ", line_);
    size = size * 16 + digit;
  }
  left_ = size;
  at_ = size == 0 ? At::kTrailers : At::kChunkData;
  return "";
}

void H1Reader::EndMessage() {
  at_ = At::kHead;
  const Fields trailers = std::exchange(trailers_, {});
  receiver_.OnMessageEnd(trailers);
}

}  // namespace weir::sim
