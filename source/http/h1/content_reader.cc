#include "source/http/h1/content_reader.h"

#include "source/http/h1/field_table.h"
#include "source/http/syntax.h"

namespace weir::http::h1 {

ContentReader::ContentReader(buffer::BlockPool& pool, const Options& options)
    : options_(options), pool_(pool), body_(pool) {}

void ContentReader::StartChunked() {
  decoder_.StartChunked(options_.max_chunk_line_bytes);
  scanner_.Reset();
}

ContentReader::Piece ContentReader::Read(buffer::Buffer& in, HeaderMap& trailers) {
  if (in.empty()) return {.data = &body_};
  // The usual case: all that came is body, and is handed on as it lies.
  if (decoder_.has_length() && in.size() <= decoder_.remaining()) {
    decoder_.Took(in.size());
    return {.data = &in, .end = decoder_.remaining() == 0};
  }
  switch (decoder_.Decode(in, body_)) {
    case BodyDecoder::Progress::kNeedMore:
      return {.data = &body_};
    case BodyDecoder::Progress::kEnd:
      return {.data = &body_, .end = true};
    case BodyDecoder::Progress::kTrailers:
      return ReadTrailers(in, trailers);
    case BodyDecoder::Progress::kRefused:
      break;
  }
  return Refuse(*decoder_.why());
}

ContentReader::Piece ContentReader::ReadTrailers(buffer::Buffer& in, HeaderMap& trailers) {
  FieldTable table(pool_, options_.limits.max_header_count);
  const SectionScanner::Found found =
      scanner_.Read(in, options_.limits.max_header_bytes, [&](char* begin, char* end) {
        table.Clear();
        return ParseFields(begin, end, table);
      });
  if (found.why != nullptr) return Refuse(*found.why);
  if (found.size == 0) return {.data = &body_};
  if (options_.enable_trailers) {
    for (const HeaderField& field : table.fields()) {
      if (IsAllowedInTrailers(field)) trailers.AddView(field.name, field.value, field.id);
    }
  }
  if (!trailers.empty()) trailers.arena().Keep(in.FrontBlock());
  in.Drain(found.size);
  return {.data = &body_, .end = true};
}

ContentReader::Piece ContentReader::Refuse(const Rejection& why) {
  body_.Clear();
  return {.data = &body_, .why = &why};
}

}  // namespace weir::http::h1
