#include "source/http/h2/header_list.h"

#include <charconv>

namespace weir::http::h2 {

void HeaderList::Add(std::string_view name, std::string_view value, uint8_t flags) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
  };
  fields_.push_back(nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(), flags});
}

void HeaderList::AddFields(const HeaderMap& headers) {
  for (const HeaderField& field : headers) {
    // RFC 7541, 7.1.3: credentials stay out of the compression state.
    const bool secret = field.id == HeaderId::kAuthorization;
    Add(field.name, field.value, secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
  }
}

void HeaderList::AddContentLength(uint64_t length) {
  const char* const end = std::to_chars(length_, length_ + sizeof(length_), length).ptr;
  Add(NameOf(HeaderId::kContentLength), {length_, static_cast<size_t>(end - length_)});
}

void HeaderList::SetRequest(const RequestHead& head) {
  fields_.clear();
  const bool tunnel = head.framing.kind == Framing::kTunnel;
  Add(":method", tunnel ? "CONNECT" : head.method);
  Add(":authority", head.authority);
  // RFC 9113, 8.5 and RFC 8441, 4: a plain CONNECT has nothing else.
  if (!tunnel || !head.protocol.empty()) {
    Add(":scheme", head.scheme);
    Add(":path", head.path);
  }
  if (tunnel && !head.protocol.empty()) Add(":protocol", head.protocol);
  AddFields(head.headers);
  if (head.expects_continue) Add(NameOf(HeaderId::kExpect), "100-continue");
  if (head.framing.kind == Framing::kLength) AddContentLength(head.framing.length);
}

void HeaderList::SetResponse(const ResponseHead& head, bool is_head) {
  fields_.clear();
  // What HTTP/1 calls switching is success here (RFC 8441, 5).
  const bool switches = head.framing.kind == Framing::kTunnel && head.status == 101;
  const uint16_t status = switches ? uint16_t{200} : head.status;
  const char* const end = std::to_chars(status_, status_ + sizeof(status_), status).ptr;
  Add(":status", {status_, static_cast<size_t>(end - status_)});
  AddFields(head.headers);
  if (head.status < 200 || head.status == 204) return;
  if ((is_head || head.status == 304) && head.represented_length.has_value()) {
    AddContentLength(*head.represented_length);
  } else if (head.framing.kind == Framing::kLength) {
    AddContentLength(head.framing.length);
  }
}

std::vector<std::pair<std::string, std::string>> HeaderList::Copy() const {
  std::vector<std::pair<std::string, std::string>> copy;
  for (const nghttp2_nv& field : fields_) {
    copy.emplace_back(std::string(reinterpret_cast<const char*>(field.name), field.namelen),
                      std::string(reinterpret_cast<const char*>(field.value), field.valuelen));
  }
  return copy;
}

void HeaderList::Set(const std::vector<std::pair<std::string, std::string>>& fields) {
  fields_.clear();
  for (const auto& [name, value] : fields) {
    const bool secret = name == NameOf(HeaderId::kAuthorization);
    Add(name, value, secret ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE);
  }
}

void HeaderList::SetTrailers(const HeaderMap& trailers) {
  fields_.clear();
  AddFields(trailers);
}

}  // namespace weir::http::h2
