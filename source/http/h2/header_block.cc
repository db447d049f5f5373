#include "source/http/h2/header_block.h"

#include <algorithm>
#include <cstring>

#include "source/base/strings.h"
#include "source/http/syntax.h"
#include "source/http/upgrade_token.h"

namespace weir::http::h2 {
namespace {

// Capacity that an idle connection keeps.
constexpr size_t kKeptText = 4096;

bool HasObsText(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x7f; });
}

}  // namespace

void HeaderBlock::Start() {
  if (text_.capacity() > kKeptText) std::string().swap(text_);
  text_.clear();
  fields_.clear();
  method_.clear();
  method_at_ = scheme_ = authority_ = path_ = status_ = host_ = protocol_ = Pseudo();
  bytes_ = count_ = cookies_ = 0;
  many_hosts_ = too_large_ = hopeless_ = forbidden_text_ = false;
  content_length_.reset();
}

void HeaderBlock::Add(std::string_view name, std::string_view value) {
  const bool pseudo = name.starts_with(':');
  const HeaderId id = pseudo ? HeaderId::kOther : LookUpHeader(name);
  CountField(id, pseudo, name.size() + value.size());
  if (too_large_) return;
  if (options_.disallow_obs_text && HasObsText(value)) forbidden_text_ = true;
  const auto at = static_cast<uint32_t>(text_.size());
  if (pseudo) {
    text_.append(value);
    return AddPseudo(name, at, value.size());
  }
  switch (id) {
    case HeaderId::kHost:
      many_hosts_ = many_hosts_ || host_.set;
      host_ = Pseudo{at, static_cast<uint32_t>(value.size()), true};
      text_.append(value);
      return;
    case HeaderId::kContentLength:
      // nghttp2 has refused repeated and malformed ones.
      content_length_ = ParseContentLength(value);
      return;
    case HeaderId::kHttp2Settings:
    case HeaderId::kConnection:
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kTransferEncoding:
    case HeaderId::kUpgrade:
      return;
    default:
      break;
  }
  text_.append(name);
  text_.append(value);
  fields_.push_back(
      Field{at, static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size()), id});
}

void HeaderBlock::CountField(HeaderId id, bool pseudo, size_t size) {
  bytes_ += size + 32;
  if (id == HeaderId::kCookie) ++cookies_;
  if (!pseudo && (id != HeaderId::kCookie || cookies_ == 1)) ++count_;
  const auto exceeds = [this](size_t times) {
    return bytes_ > times * options_.limits.max_header_bytes ||
           count_ > times * options_.limits.max_header_count ||
           cookies_ > times * options_.max_cookie_crumbs;
  };
  too_large_ = exceeds(1);
  hopeless_ = too_large_ && exceeds(2);
}

void HeaderBlock::AddPseudo(std::string_view name, uint32_t at, size_t size) {
  const Pseudo value{at, static_cast<uint32_t>(size), true};
  if (name == ":method") {
    method_at_ = value;
    method_ = ViewOf(value);
  } else if (name == ":scheme") {
    scheme_ = value;
  } else if (name == ":authority") {
    authority_ = value;
  } else if (name == ":path") {
    path_ = value;
  } else if (name == ":status") {
    status_ = value;
  } else if (name == ":protocol") {
    protocol_ = value;
  }
}

std::string_view HeaderBlock::CheckRequest() const {
  if (!IsToken(ViewOf(method_at_))) return "http2.invalid_method";
  const std::string_view authority = ViewOf(authority_.set ? authority_ : host_);
  if (!authority_.set && !host_.set) return "missing_host_header";
  if (!IsValidAuthority(authority)) return "http2.invalid_authority";
  if (many_hosts_) return "http2.multiple_hosts";
  if (authority_.set && host_.set && !EqualsIgnoreCase(authority, ViewOf(host_))) {
    return "http2.host_differs_from_authority";
  }
  const std::string_view why = CheckConnect(authority);
  if (!why.empty() || (IsConnect() && !protocol_.set)) return why;
  const std::string_view scheme = ViewOf(scheme_);
  if (!EqualsIgnoreCase(scheme, "http") && !EqualsIgnoreCase(scheme, "https")) {
    return "http2.invalid_scheme";
  }
  const std::string_view path = ViewOf(path_);
  if (path == "*") return method_ == "OPTIONS" ? "" : "http2.invalid_path";
  return IsValidPath(path) ? "" : "http2.invalid_path";
}

std::string_view HeaderBlock::CheckConnect(std::string_view authority) const {
  if (!IsConnect()) return protocol_.set ? "http2.protocol_without_connect" : "";
  if (content_length_.has_value()) return "http2.connect_with_content";
  if (!protocol_.set) return IsConnectTarget(authority) ? "" : "http2.invalid_authority";
  // Where it was not allowed, nghttp2 has refused it.
  const std::string_view protocol = ViewOf(protocol_);
  const bool good = IsUpgradeToken(protocol) && !IsIgnoredUpgrade(protocol);
  return good && options_.allow_connect ? "" : "http2.invalid_protocol";
}

void HeaderBlock::FillRequest(std::string_view scheme, bool end, RequestHead& head) const {
  const char* const text = head.headers.arena().Copy(text_).data();
  const auto view = [text](const Pseudo& pseudo) {
    return std::string_view(text + pseudo.at, pseudo.size);
  };
  head.method = view(method_at_);
  head.scheme = scheme;
  head.authority = view(authority_.set ? authority_ : host_);
  head.path = view(path_);
  head.version = Protocol::kHttp2;
  CopyFields(text, head.headers);
  head.expects_continue = false;
  for (const HeaderField& field : head.headers) {
    if (field.id == HeaderId::kExpect && EqualsIgnoreCase(field.value, "100-continue")) {
      head.expects_continue = true;
    }
  }
  if (head.expects_continue) head.headers.Remove(HeaderId::kExpect);
  if (IsConnect()) {
    head.expects_continue = false;
    head.framing = BodyFraming{Framing::kTunnel, 0};
    if (!protocol_.set) return;
    // As it would have come by HTTP/1.
    head.method = "GET";
    head.protocol = view(protocol_);
    return;
  }
  if (content_length_.has_value()) {
    head.framing = BodyFraming{Framing::kLength, *content_length_};
  } else {
    head.framing = BodyFraming{end ? Framing::kNone : Framing::kChunked, 0};
  }
}

uint16_t HeaderBlock::status() const {
  const std::string_view text = ViewOf(status_);
  if (text.size() != 3) return 0;
  uint16_t status = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return 0;
    status = static_cast<uint16_t>(status * 10 + (c - '0'));
  }
  return status >= 100 && status <= 599 && status != 101 ? status : 0;
}

void HeaderBlock::FillResponse(bool end, bool bodiless, ResponseHead& head) const {
  head.Clear();
  head.status = status();
  head.version = Protocol::kHttp2;
  CopyFields(head.headers.arena().Copy(text_).data(), head.headers);
  if (head.status < 200 || head.status == 204) return;
  if (bodiless || head.status == 304) {
    head.represented_length = content_length_;
  } else if (content_length_.has_value()) {
    head.framing = BodyFraming{Framing::kLength, *content_length_};
  } else if (!end) {
    head.framing = BodyFraming{Framing::kChunked, 0};
  }
}

void HeaderBlock::FillTrailers(HeaderMap& trailers) const {
  CopyFields(trailers.arena().Copy(text_).data(), trailers);
  trailers.RemoveIf([](const HeaderField& field) { return !IsAllowedInTrailers(field); });
}

void HeaderBlock::CopyFields(const char* text, HeaderMap& headers) const {
  bool joined = false;
  for (const Field& field : fields_) {
    if (field.id == HeaderId::kCookie && cookies_ > 1) {
      if (!joined) JoinCookies(text, headers);
      joined = true;
      continue;
    }
    headers.AddView({text + field.at, field.name_size},
                    {text + field.at + field.name_size, field.value_size}, field.id);
  }
}

// RFC 9113, 8.2.3: crumbs become one field before they leave HTTP/2.
void HeaderBlock::JoinCookies(const char* text, HeaderMap& headers) const {
  size_t size = 0;
  for (const Field& field : fields_) {
    if (field.id == HeaderId::kCookie) size += field.value_size + 2;
  }
  char* const start = headers.arena().Allocate(size);
  char* end = start;
  for (const Field& field : fields_) {
    if (field.id != HeaderId::kCookie) continue;
    if (field.value_size > 0) std::memcpy(end, text + field.at + field.name_size, field.value_size);
    end += field.value_size;
    *end++ = ';';
    *end++ = ' ';
  }
  headers.AddView(NameOf(HeaderId::kCookie), {start, size - 2}, HeaderId::kCookie);
}

}  // namespace weir::http::h2
