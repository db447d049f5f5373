// JSON through RapidJSON's events; places come from the offsets of its stream.

#include <string>

#include "source/base/strings.h"
#include "source/schema/document_builder.h"

// RapidJSON's stack adds to its null pointer before it first allocates: undefined, harmless, and
// not ours to mend.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include "rapidjson/error/en.h"
#include "rapidjson/reader.h"
#ifdef __clang__
#pragma clang attribute pop
#endif

namespace weir::schema {
namespace {

// A stream over a view that knows its offset. NUL marks the end, so a NUL inside the text is an end
// too; the reader below finds it.
class ViewStream {
 public:
  using Ch = char;
  explicit ViewStream(std::string_view text) : text_(text) {}

  Ch Peek() const { return offset_ < text_.size() ? text_[offset_] : '\0'; }
  Ch Take() {
    const Ch c = Peek();
    ++offset_;
    return c;
  }
  size_t Tell() const { return offset_; }

  // The writing half of RapidJSON's stream concept; a read-only parse never calls it.
  Ch* PutBegin() { return nullptr; }
  void Put(Ch) {}
  void Flush() {}
  size_t PutEnd(Ch*) { return 0; }

 private:
  std::string_view text_;
  size_t offset_ = 0;
};

// From offsets that only grow to line and column.
class PositionCounter {
 public:
  explicit PositionCounter(std::string_view text) : text_(text) {}

  Position At(size_t offset) {
    for (; next_ < offset && next_ < text_.size(); ++next_) {
      if (text_[next_] == '\n') {
        ++line_;
        line_start_ = next_ + 1;
      }
    }
    return {line_, offset < line_start_ ? 1 : static_cast<int>(offset - line_start_) + 1};
  }

 private:
  std::string_view text_;
  size_t next_ = 0;
  size_t line_start_ = 0;
  int line_ = 1;
};

bool IsBetweenTokens(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':';
}

class EventSink {
 public:
  using Ch = char;
  EventSink(std::string_view text, const ViewStream& stream, DocumentBuilder& builder)
      : text_(text), stream_(stream), builder_(builder), counter_(text) {}

  bool Null() {
    return Done([&](Position position) { builder_.Null(position, 0); });
  }
  bool Bool(bool value) { return Plain(value ? "true" : "false"); }
  bool RawNumber(const Ch* text, rapidjson::SizeType length, bool) {
    return Plain(std::string(text, length));
  }
  bool String(const Ch* text, rapidjson::SizeType length, bool) {
    return Done([&](Position position) {
      builder_.Scalar(position, std::string(text, length), /*quoted=*/true, 0);
    });
  }
  bool Key(const Ch* text, rapidjson::SizeType length, bool copy) {
    return String(text, length, copy);
  }
  bool StartObject() { return Begin(Node::Kind::kMapping); }
  bool EndObject(rapidjson::SizeType) { return End(); }
  bool StartArray() { return Begin(Node::Kind::kSequence); }
  bool EndArray(rapidjson::SizeType) { return End(); }

  // With kParseNumbersAsStringsFlag numbers come as RawNumber alone.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  Position At(size_t offset) { return counter_.At(offset); }

 private:
  // The token that was just read begins after the one before it and what separates them.
  size_t TokenStart() {
    size_t offset = previous_end_;
    while (offset < text_.size() && IsBetweenTokens(text_[offset])) ++offset;
    return offset;
  }

  template <typename Action>
  bool Done(Action action) {
    const size_t start = TokenStart();
    previous_end_ = stream_.Tell();
    action(counter_.At(start));
    return !builder_.failed();
  }
  bool Plain(std::string text) {
    return Done([&](Position position) {
      builder_.Scalar(position, std::move(text), /*quoted=*/false, 0);
    });
  }
  // The reader reports a bracket before it takes it.
  bool Begin(Node::Kind kind) {
    const size_t start = TokenStart();
    previous_end_ = start + 1;
    builder_.Begin(counter_.At(start), kind, 0);
    return !builder_.failed();
  }
  bool End() {
    previous_end_ = TokenStart() + 1;
    builder_.End();
    return !builder_.failed();
  }

  std::string_view text_;
  const ViewStream& stream_;
  DocumentBuilder& builder_;
  PositionCounter counter_;
  size_t previous_end_ = 0;
};

}  // namespace

void ReadJson(const SourceText& source, const TextLimits& limits, Diagnostics& diagnostics,
              std::vector<std::shared_ptr<const Document>>& documents) {
  if (source.text.find_first_not_of(" \t\r\n") == std::string_view::npos) return;
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseNumbersAsStringsFlag;
  DocumentBuilder builder(source.file, /*typed_scalars=*/true, limits, diagnostics);
  ViewStream stream(source.text);
  EventSink sink(source.text, stream, builder);
  rapidjson::Reader reader;
  reader.Parse<kFlags>(stream, sink);
  if (reader.HasParseError()) {
    // Where the builder has stopped the reader it has said why.
    builder.Fail(sink.At(reader.GetErrorOffset()),
                 StrCat("not JSON: ", rapidjson::GetParseError_En(reader.GetParseErrorCode())));
    return;
  }
  if (stream.Tell() < source.text.size()) {
    builder.Fail(sink.At(stream.Tell()), "not JSON: text after the end of the value");
    return;
  }
  if (auto document = builder.Finish()) documents.push_back(std::move(document));
}

}  // namespace weir::schema
