#include "source/match/header_matcher.h"

#include <charconv>
#include <cstring>

#include "source/base/strings.h"

namespace weir::match {
namespace {

std::string_view JoinFields(const http::HeaderMap& headers, std::string_view name) {
  size_t size = 0;
  for (const http::HeaderField& field : headers) {
    if (field.name == name) size += field.value.size() + 1;
  }
  char* const joined = headers.arena().Allocate(size);
  char* end = joined;
  for (const http::HeaderField& field : headers) {
    if (field.name != name) continue;
    if (end != joined) *end++ = ',';
    if (!field.value.empty()) std::memcpy(end, field.value.data(), field.value.size());
    end += field.value.size();
  }
  return {joined, static_cast<size_t>(end - joined)};
}

std::string_view Digits(uint64_t number, buffer::Arena& arena) {
  char digits[20];
  char* const end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  return arena.Copy({digits, static_cast<size_t>(end - digits)});
}

std::optional<std::string_view> ContentLength(const http::BodyFraming& framing,
                                              buffer::Arena& arena) {
  if (framing.kind != http::Framing::kLength) return std::nullopt;
  return Digits(framing.length, arena);
}

// The value of a field that stands in the map.
std::optional<std::string_view> FieldValue(const http::HeaderMap& headers, http::HeaderId id,
                                           std::string_view name) {
  size_t count = 0;
  std::string_view first;
  for (const http::HeaderField& field : headers) {
    if (field.id != id || field.name != name) continue;
    if (count++ == 0) first = field.value;
  }
  if (count == 0) return std::nullopt;
  return count == 1 ? first : JoinFields(headers, name);
}

std::optional<std::string_view> NotEmpty(std::string_view value) {
  if (value.empty()) return std::nullopt;
  return value;
}

bool InRange(std::string_view text, const RangeMatch& range) {
  text = TrimOws(text);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  return value >= range.start && value < range.end;
}

}  // namespace

std::optional<std::string_view> HeaderValue(const http::RequestHead& head, std::string_view name) {
  if (name.starts_with(':')) {
    if (name == ":path") return NotEmpty(head.path);
    if (name == ":method") return NotEmpty(head.method);
    if (name == ":authority") return NotEmpty(head.authority);
    if (name == ":scheme") return NotEmpty(head.scheme);
    if (name == ":protocol") return NotEmpty(head.protocol);
    return std::nullopt;
  }
  const http::HeaderId id = http::LookUpHeader(name);
  if (id == http::HeaderId::kHost) return NotEmpty(head.authority);
  if (id == http::HeaderId::kContentLength) {
    return ContentLength(head.framing, head.headers.arena());
  }
  // What a request for a tunnel came with, and what an extended CONNECT would have come with.
  if (id == http::HeaderId::kUpgrade) return NotEmpty(head.protocol);
  if (id == http::HeaderId::kConnection && !head.protocol.empty()) return "upgrade";
  return FieldValue(head.headers, id, name);
}

std::optional<std::string_view> HeaderValue(const http::ResponseHead& head, std::string_view name) {
  if (name == ":status") return Digits(head.status, head.headers.arena());
  const http::HeaderId id = http::LookUpHeader(name);
  if (id == http::HeaderId::kContentLength) {
    return ContentLength(head.framing, head.headers.arena());
  }
  return FieldValue(head.headers, id, name);
}

bool HeaderMatcher::Matches(const http::RequestHead& head) const {
  return MatchesValue(HeaderValue(head, name));
}

bool HeaderMatcher::Matches(const http::ResponseHead& head) const {
  return MatchesValue(HeaderValue(head, name));
}

bool HeaderMatcher::MatchesValue(std::optional<std::string_view> text) const {
  if (!text.has_value() && treat_missing_as_empty) text = std::string_view();
  if (const auto* presence = std::get_if<PresentMatch>(&value)) {
    return (text.has_value() == presence->present) != invert;
  }
  if (!text.has_value()) return false;
  if (const auto* string = std::get_if<StringMatcher>(&value)) {
    return string->Matches(*text) != invert;
  }
  return InRange(*text, std::get<RangeMatch>(value)) != invert;
}

}  // namespace weir::match
