// Receivers for codec tests that write every event into one list, so that a test compares lists of
// lines.
//
//   request 1: POST http a.example /path chunked  or "length 5" or nothing; "end" when it ends
//   request 1: x-name: value                      one line a field
//   request 1: body hello                         pieces in a row are joined
//   request 1: end                                or "trailer a: b", "reset <kind> <detail>",
//                                                 "closed", "blocked", "unblocked"
//   connection: error <kind> <detail>
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "source/base/strings.h"
#include "source/http/codec.h"

namespace weir::http {

inline std::string Describe(const BodyFraming& framing) {
  switch (framing.kind) {
    case Framing::kNone:
      return "";
    case Framing::kLength:
      return StrCat(" length ", framing.length);
    case Framing::kChunked:
      return " chunked";
    case Framing::kTunnel:
      return " tunnel";
  }
  return "";
}

inline std::string Describe(const StreamError& error) {
  return StrCat(static_cast<int>(error.kind), error.unprocessed ? " unprocessed" : "", " ",
                error.detail);
}

// The list. Body pieces of one message that follow each other become one line.
class EventList {
 public:
  void Add(std::string line) { lines_.push_back(std::move(line)); }
  void AddBody(const std::string& who, const std::string& bytes) {
    if (bytes.empty()) return;
    const std::string prefix = who + ": body ";
    if (!lines_.empty() && lines_.back().starts_with(prefix)) {
      lines_.back() += bytes;
    } else {
      Add(prefix + bytes);
    }
  }
  const std::vector<std::string>& lines() const { return lines_; }
  std::string text() const { return Join(lines_, "\n"); }
  bool Has(std::string_view line) const {
    for (const std::string& each : lines_) {
      if (each == line) return true;
    }
    return false;
  }

 private:
  std::vector<std::string> lines_;
};

// What both receivers share: the list, the body as a whole, and what became of the stream.
struct Received {
  std::string who;
  EventList* events = nullptr;
  std::string body;
  bool ended = false;
  bool reset = false;
  bool closed = false;
  StreamError error;
  std::vector<std::pair<std::string, std::string>> trailers;

  void Headers(std::string head, const HeaderMap& fields, bool end) {
    events->Add(StrCat(who, ": ", head));
    for (const HeaderField& field : fields) {
      events->Add(StrCat(who, ": ", field.name, ": ", field.value));
    }
    if (end) End();
  }
  void Body(buffer::Buffer& data, bool end) {
    events->AddBody(who, data.ToString());
    body += data.ToString();
    data.Clear();
    if (end) End();
  }
  void Trailers(const HeaderMap& fields) {
    for (const HeaderField& field : fields) {
      events->Add(StrCat(who, ": trailer ", field.name, ": ", field.value));
      trailers.emplace_back(std::string(field.name), std::string(field.value));
    }
    End();
  }
  void End() {
    ended = true;
    events->Add(who + ": end");
  }
  void Reset(const StreamError& why) {
    reset = true;
    error = why;
    events->Add(StrCat(who, ": reset ", Describe(why)));
  }
  void Closed() {
    closed = true;
    events->Add(who + ": closed");
  }
  void Backpressure(bool blocked) { events->Add(who + (blocked ? ": blocked" : ": unblocked")); }
};

class RecordedRequest final : public ServerStreamHandler {
 public:
  using Action = std::function<void(RecordedRequest&)>;

  RecordedRequest(buffer::BlockPool& pool, EventList& events, std::string who, ServerStream& opened)
      : arena(pool), head(arena), stream(&opened) {
    received.who = std::move(who);
    received.events = &events;
  }
  RequestHead& request_head() override { return head; }
  void OnHeaders(bool end) override {
    received.Headers(StrCat(head.method, " ", head.scheme, " ", head.authority, " ", head.path,
                            Describe(head.framing), head.protocol.empty() ? "" : " for ",
                            head.protocol, head.expects_continue ? " expects-continue" : ""),
                     head.headers, end);
    if (on_headers) on_headers(*this);
    if (end && on_end && !received.reset) on_end(*this);
  }
  void OnBody(buffer::Buffer& data, bool end) override {
    received.Body(data, end);
    if (end && on_end) on_end(*this);
  }
  void OnTrailers(HeaderMap& trailers) override {
    received.Trailers(trailers);
    if (on_end) on_end(*this);
  }
  void OnReset(const StreamError& error) override { received.Reset(error); }
  void OnBackpressure(bool blocked) override { received.Backpressure(blocked); }
  void OnStreamClosed() override {
    received.Closed();
    stream = nullptr;
  }

  // Answers with `status` and `text`.
  void Answer(uint16_t status, std::string_view text) {
    buffer::Arena own(arena.pool());
    ResponseHead answer(own);
    answer.status = status;
    answer.framing = BodyFraming{Framing::kLength, text.size()};
    stream->EncodeHeaders(answer, text.empty());
    if (text.empty()) return;
    buffer::Buffer data(arena.pool());
    data.Append(text);
    stream->EncodeBody(data, true);
  }

  bool asks_for_tunnel() const { return head.framing.kind == Framing::kTunnel; }
  void GrantTunnel() {
    buffer::Arena own(arena.pool());
    ResponseHead answer(own);
    answer.status = head.protocol.empty() ? 200 : 101;
    answer.framing.kind = Framing::kTunnel;
    stream->EncodeHeaders(answer, false);
  }
  void EndTunnel() {
    buffer::Buffer nothing(arena.pool());
    stream->EncodeBody(nothing, true);
  }

  buffer::Arena arena;
  RequestHead head;
  ServerStream* stream;
  Received received;
  Action on_headers;
  Action on_end;
};

class RecordingServer final : public ServerCodecHandler {
 public:
  explicit RecordingServer(buffer::BlockPool& pool) : pool_(pool) {}
  ServerStreamHandler& OnRequestStart(ServerStream& stream) override {
    requests.push_back(std::make_unique<RecordedRequest>(
        pool_, events, StrCat("request ", requests.size() + 1), stream));
    requests.back()->on_headers = on_headers;
    requests.back()->on_end = on_end;
    return *requests.back();
  }
  void OnConnectionError(const StreamError& error) override {
    errors.push_back(error);
    events.Add(StrCat("connection: error ", Describe(error)));
  }
  void OnOutput() override { ++outputs; }

  EventList events;
  std::vector<std::unique_ptr<RecordedRequest>> requests;
  std::vector<StreamError> errors;
  size_t outputs = 0;
  // Run for every request, after its events are recorded.
  RecordedRequest::Action on_headers;
  RecordedRequest::Action on_end;

 private:
  buffer::BlockPool& pool_;
};

class RecordedResponse final : public ClientStreamHandler {
 public:
  RecordedResponse(buffer::BlockPool& pool, EventList& events, std::string who)
      : arena(pool), head(arena) {
    received.who = std::move(who);
    received.events = &events;
  }
  ResponseHead& response_head() override { return head; }
  void OnInformational() override {
    received.Headers(StrCat("informational ", head.status), head.headers, false);
  }
  void OnHeaders(bool end) override {
    status = head.status;
    const std::string represented =
        head.represented_length ? StrCat(" represents ", *head.represented_length) : "";
    received.Headers(StrCat(head.status, Describe(head.framing), represented), head.headers, end);
  }
  void OnBody(buffer::Buffer& data, bool end) override { received.Body(data, end); }
  void OnTrailers(HeaderMap& trailers) override { received.Trailers(trailers); }
  void OnReset(const StreamError& error) override { received.Reset(error); }
  void OnBackpressure(bool blocked) override { received.Backpressure(blocked); }
  void OnStreamClosed() override {
    received.Closed();
    if (on_closed) on_closed();
  }

  std::function<void()> on_closed;
  buffer::Arena arena;
  ResponseHead head;
  Received received;
  uint16_t status = 0;
};

class RecordingClient final : public ClientCodecHandler {
 public:
  void OnStreamLimit(uint32_t max_concurrent) override {
    events.Add(StrCat("connection: limit ", max_concurrent));
    limit = max_concurrent;
  }
  void OnConnectionError(const StreamError& error) override {
    errors.push_back(error);
    events.Add(StrCat("connection: error ", Describe(error)));
  }
  void OnOutput() override { ++outputs; }

  EventList events;
  std::vector<StreamError> errors;
  size_t outputs = 0;
  uint32_t limit = 0;
};

}  // namespace weir::http
