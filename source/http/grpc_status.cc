#include "source/http/grpc_status.h"

namespace weir::http {

bool IsGrpcRequest(const HeaderMap& headers) {
  constexpr std::string_view kGrpc = "application/grpc";
  const auto type = headers.Get(HeaderId::kContentType);
  if (!type.has_value() || !type->starts_with(kGrpc)) return false;
  return type->size() == kGrpc.size() || (*type)[kGrpc.size()] == '+' ||
         (*type)[kGrpc.size()] == ';';
}

uint32_t GrpcStatusOf(uint16_t http_status) {
  switch (http_status) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

std::string EncodeGrpcMessage(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '%') {
      encoded += c;
      continue;
    }
    encoded += '%';
    encoded += kHex[byte >> 4];
    encoded += kHex[byte & 0xF];
  }
  // A field value has no blank at either end.
  if (encoded.starts_with(' ')) encoded.replace(0, 1, "%20");
  if (encoded.ends_with(' ')) encoded.replace(encoded.size() - 1, 1, "%20");
  return encoded;
}

}  // namespace weir::http
