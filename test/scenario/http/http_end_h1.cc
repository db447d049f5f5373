#include <charconv>
#include <deque>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "test/scenario/http/http_end.h"
#include "test/scenario/http/http_ends.h"

namespace weir::scenario {
namespace {

// Messages follow each other on the connection; each is of a length or in chunks.
class Http1End final : public HttpEnd {
 public:
  Http1End(Peer& peer, bool client) : peer_(peer), client_(client) {
    peer_.OnBytes([this](Peer&) { Read(); });
    Read();
  }
  Http1End(const Http1End&) = delete;
  Http1End& operator=(const Http1End&) = delete;
  ~Http1End() override { peer_.OnBytes(nullptr); }

  size_t Request(const std::string& path, const Fields& fields, const std::string& body,
                 bool end) override {
    Fields all = fields;
    all.try_emplace("host", "a.example");
    std::string method = body.empty() && end ? "GET" : "POST";
    if (const auto given = all.extract(":method"); !given.empty()) {
      method = given.mapped();
      if (method == "CONNECT") asks_ = Tunnel::kConnect;
    }
    if (const auto protocol = all.extract(":protocol"); !protocol.empty()) {
      method = "GET";
      all["upgrade"] = protocol.mapped();
      all["connection"] = "Upgrade";
      asks_ = Tunnel::kUpgrade;
    }
    std::string head = StrCat(method, " ", path, " HTTP/1.1\r\n");
    for (const auto& [name, value] : all) StrAppend(head, name, ": ", value, "\r\n");
    Begin(std::move(head), body, end);
    return requests_++;
  }
  void Answer(size_t, int status, const std::string& body, bool end,
              const Fields& fields) override {
    std::string head = StrCat("HTTP/1.1 ", status, " Any\r\n");
    for (const auto& [name, value] : fields) StrAppend(head, name, ": ", value, "\r\n");
    if (!Grants(status)) asks_ = Tunnel::kNone;
    if (status == 101) {
      StrAppend(head, "connection: upgrade\r\nupgrade: ", Now().fields["upgrade"], "\r\n");
    }
    Begin(std::move(head), body, end);
  }
  void Send(size_t, const std::string& body, bool end) override {
    if (asks_ != Tunnel::kNone) {
      peer_.Send(body);
      if (end) peer_.EndWrites();
      return;
    }
    peer_.Send(StrCat(Chunk(body), end ? "0\r\n\r\n" : ""));
  }
  void SendTrailers(size_t, const Fields& trailers) override {
    std::string text = "0\r\n";
    for (const auto& [name, value] : trailers) StrAppend(text, name, ": ", value, "\r\n");
    peer_.Send(text + "\r\n");
  }
  void Reset(size_t) override { peer_.Reset(); }
  const Heard& heard(size_t exchange) override {
    while (messages_.size() <= exchange) messages_.emplace_back();
    if (peer_.failed() || peer_.ended()) {
      if (state_ == State::kTunnel && !peer_.failed()) Now().ended = true;
      for (Heard& each : messages_) each.reset = each.reset || !each.ended;
    }
    return messages_[exchange];
  }
  size_t count() override { return begun_; }

 private:
  enum class State { kHead, kLength, kChunkSize, kChunk, kTrailers, kTunnel };
  enum class Tunnel { kNone, kUpgrade, kConnect };

  bool Grants(int status) const {
    return (asks_ == Tunnel::kUpgrade && status == 101) ||
           (asks_ == Tunnel::kConnect && status / 100 == 2);
  }

  static std::string Chunk(const std::string& body) {
    if (body.empty()) return "";
    char size[16];
    const auto end = std::to_chars(size, size + sizeof(size), body.size(), 16).ptr;
    return StrCat(std::string(size, end), "\r\n", body, "\r\n");
  }
  void Begin(std::string head, const std::string& body, bool end) {
    if (asks_ != Tunnel::kNone) {
      peer_.Send(StrCat(head, "\r\n", body));
      if (end) peer_.EndWrites();
    } else if (end) {
      if (!body.empty() || !client_) StrAppend(head, "content-length: ", body.size(), "\r\n");
      peer_.Send(StrCat(head, "\r\n", body));
    } else {
      peer_.Send(StrCat(head, "transfer-encoding: chunked\r\n\r\n", Chunk(body)));
    }
  }

  void Read() {
    in_ += peer_.TakeReceived();
    while (ReadOne()) {
    }
  }
  // A line without its end; nothing when it has not come whole.
  std::optional<std::string> TakeLine() {
    const size_t end = in_.find("\r\n");
    if (end == std::string::npos) return std::nullopt;
    std::string line = in_.substr(0, end);
    in_.erase(0, end + 2);
    return line;
  }
  Heard& Now() { return messages_[begun_ - 1]; }
  bool End() {
    Now().ended = true;
    state_ = State::kHead;
    return true;
  }
  static void AddField(const std::string& line, Fields& to) {
    const size_t colon = line.find(':');
    to[AsciiLower(line.substr(0, colon))] = std::string(TrimSpace(line.substr(colon + 1)));
  }
  static std::string_view TrimSpace(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    return text;
  }

  bool ReadHead() {
    if (in_.find("\r\n\r\n") == std::string::npos) return false;
    const std::string start = *TakeLine();
    if (messages_.size() <= begun_) messages_.emplace_back();
    ++begun_;
    Heard& message = Now();
    message.start = start.substr(start.find(' ') + 1);
    message.start = message.start.substr(0, message.start.find(' '));
    for (std::string line = *TakeLine(); !line.empty(); line = *TakeLine()) {
      AddField(line, message.fields);
    }
    if (!client_) {
      if (start.starts_with("CONNECT ")) asks_ = Tunnel::kConnect;
      if (message.fields.contains("upgrade")) asks_ = Tunnel::kUpgrade;
    }
    if (client_ ? Grants(std::stoi(message.start)) : asks_ != Tunnel::kNone) {
      state_ = State::kTunnel;
      return true;
    }
    if (message.fields.contains("transfer-encoding")) {
      state_ = State::kChunkSize;
      return true;
    }
    const auto length = message.fields.find("content-length");
    left_ = length == message.fields.end() ? 0 : std::stoull(length->second);
    if (left_ == 0) return End();
    state_ = State::kLength;
    return true;
  }
  bool ReadBytes() {
    const size_t size = std::min<size_t>(left_, in_.size());
    Now().body += in_.substr(0, size);
    in_.erase(0, size);
    left_ -= size;
    return left_ == 0;
  }
  bool ReadOne() {
    switch (state_) {
      case State::kHead:
        return ReadHead();
      case State::kTunnel:
        Now().body += std::exchange(in_, {});
        return false;
      case State::kLength:
        return ReadBytes() && End();
      case State::kChunkSize: {
        const auto line = TakeLine();
        if (!line.has_value()) return false;
        left_ = std::stoull(*line, nullptr, 16);
        state_ = left_ == 0 ? State::kTrailers : State::kChunk;
        return true;
      }
      case State::kChunk:
        if (!ReadBytes() || in_.size() < 2) return false;
        in_.erase(0, 2);
        state_ = State::kChunkSize;
        return true;
      case State::kTrailers: {
        const auto line = TakeLine();
        if (!line.has_value()) return false;
        if (line->empty()) return End();
        AddField(*line, Now().trailers);
        return true;
      }
    }
    return false;
  }

  Peer& peer_;
  const bool client_;
  std::string in_;
  State state_ = State::kHead;
  Tunnel asks_ = Tunnel::kNone;  // Of the last request.
  uint64_t left_ = 0;            // Of the body, or of the chunk.
  size_t requests_ = 0;
  size_t begun_ = 0;
  std::deque<Heard> messages_;
};

}  // namespace

std::unique_ptr<HttpEnd> MakeHttp1End(Peer& peer, bool client) {
  return std::make_unique<Http1End>(peer, client);
}

}  // namespace weir::scenario
