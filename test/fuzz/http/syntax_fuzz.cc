// The grammar that the codecs share: authority, path, lengths, lists, names of protocols, and what
// gRPC says in fields.
#include <string>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/http/grpc_status.h"
#include "source/http/syntax.h"
#include "source/http/upgrade_token.h"
#include "test/fuzz/fields.h"

namespace weir::http {
namespace {

void CheckTargets(std::string_view text) {
  if (IsConnectTarget(text)) {
    WEIR_CHECK(IsValidAuthority(text), "a target of CONNECT is an authority");
    WEIR_CHECK(text.find(':') != std::string_view::npos, "and has a port");
  }
  if (IsValidAuthority(text)) {
    for (const char c : {'@', '/', '?', '#', ',', ' ', '%'}) {
      WEIR_CHECK(text.find(c) == std::string_view::npos, "no authority has this character");
    }
  }
  if (IsValidPath(text)) {
    WEIR_CHECK(text.starts_with('/') && text.find('#') == std::string_view::npos, "a path");
    for (const char c : text) WEIR_CHECK(static_cast<uint8_t>(c) > ' ', "a blank in a path");
  }
  if (const auto length = ParseContentLength(text)) {
    WEIR_CHECK(*length < uint64_t{1} << 63 && ParseUint64(text) == *length, "a length");
  }
}

void CheckProtocols(std::string_view text) {
  if (IsUpgradeToken(text)) {
    WEIR_CHECK(HeaderMap::IsValidValue(text), "a protocol can stand in a field");
    WEIR_CHECK(text.find(',') == std::string_view::npos, "it is one");
  }
  (void)IsIgnoredUpgrade(text);
  WEIR_CHECK(!IsToken(text) || HeaderMap::IsValidName(text), "a token is a name");
  size_t elements = 0;
  ForEachElement(text, [&](std::string_view element) {
    ++elements;
    WEIR_CHECK(!element.empty() && TrimOws(element) == element, "an element is trimmed");
    WEIR_CHECK(element.find(',') == std::string_view::npos, "an element is one");
  });
  WEIR_CHECK(elements <= Split(text, ',').size(), "no element more than commas part");
}

void CheckGrpc(std::string_view text) {
  const std::string message = EncodeGrpcMessage(text);
  WEIR_CHECK(message.size() >= text.size(), "an escape shortens nothing");
  for (const char c : message) WEIR_CHECK(c >= ' ' && c <= '~', "a message is visible ASCII");
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  HeaderMap headers(arena);
  if (HeaderMap::IsValidValue(text)) headers.Add(HeaderId::kContentType, text);
  (void)IsGrpcRequest(headers);
  WEIR_CHECK(GrpcStatusOf(static_cast<uint16_t>(text.size() % 700)) <= 16, "a status of gRPC");
}

void CheckTrailers(std::string_view line) {
  buffer::BlockPool pool;
  buffer::Arena arena(pool);
  HeaderMap headers(arena);
  AddField(line, headers);
  for (const HeaderField& field : headers) {
    if (!IsAllowedInTrailers(field)) continue;
    WEIR_CHECK(field.id != HeaderId::kHost && field.id != HeaderId::kAuthorization,
               "nobody is named behind the body");
  }
}

}  // namespace
}  // namespace weir::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = weir::TextOf(data, size);
  weir::http::CheckTargets(text);
  weir::http::CheckProtocols(text);
  weir::http::CheckGrpc(text);
  weir::http::CheckTrailers(text);
  return 0;
}
