#include "source/http/message.h"

namespace weir::http {

std::string_view NameOf(Protocol protocol) {
  switch (protocol) {
    case Protocol::kHttp10:
      return "HTTP/1.0";
    case Protocol::kHttp11:
      return "HTTP/1.1";
    case Protocol::kHttp2:
      return "HTTP/2";
    case Protocol::kHttp3:
      return "HTTP/3";
  }
  return "";
}

void RequestHead::Clear() {
  method = scheme = authority = path = protocol = std::string_view();
  framing = BodyFraming();
  version = Protocol::kHttp11;
  expects_continue = false;
  headers.Clear();
}

void ResponseHead::Clear() {
  status = 0;
  framing = BodyFraming();
  represented_length.reset();
  version = Protocol::kHttp11;
  headers.Clear();
}

}  // namespace weir::http
