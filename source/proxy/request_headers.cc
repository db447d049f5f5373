#include "source/proxy/request_headers.h"

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "source/base/strings.h"

namespace weir::proxy {
namespace {

using http::HeaderId;

// A random UUID (RFC 9562, 5.4) in `arena`.
std::string_view NewRequestId(event::Random& random, buffer::Arena& arena) {
  static constexpr char kHex[] = "0123456789abcdef";
  uint64_t high = random.Next(), low = random.Next();
  high = (high & ~uint64_t{0xF000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);
  char* const out = arena.Allocate(36);
  int at = 0;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) out[at++] = '-';
    const uint64_t half = nibble < 16 ? high : low;
    out[at++] = kHex[(half >> (60 - 4 * (nibble % 16))) & 0xF];
  }
  return {out, 36};
}

bool IsEnvoyInternalField(std::string_view name) { return name.starts_with("x-envoy-"); }

// The address `hops` entries from the right of all x-forwarded-for fields; 0 is the last.
std::optional<net::IpAddress> ForwardedFor(const http::HeaderMap& headers, uint32_t hops) {
  const auto joined = headers.GetJoined("x-forwarded-for");
  if (!joined.has_value()) return std::nullopt;
  const std::vector<std::string_view> entries = Split(*joined, ',');
  if (hops >= entries.size()) return std::nullopt;
  return net::IpAddress::Parse(TrimOws(entries[entries.size() - 1 - hops]));
}

// Finds the trusted client and, at the edge, records the peer for those behind.
void TrustClient(const config::HttpConnectionManager& config, stream_info::StreamInfo& info,
                 http::RequestHead& head) {
  const stream_info::ConnectionInfo& connection = info.connection;
  const bool has_ip = connection.remote_address.is_ip();
  info.downstream_remote_address = connection.remote_address;
  const std::string_view scheme = connection.encrypted ? "https" : "http";
  if (config.use_remote_address && has_ip) {
    if (config.xff_num_trusted_hops > 0) {
      if (const auto ip = ForwardedFor(head.headers, config.xff_num_trusted_hops - 1)) {
        info.downstream_remote_address = net::Address::Ip(*ip, 0);
      }
    } else {
      head.headers.Remove(HeaderId::kXForwardedProto);
    }
    if (!config.skip_xff_append) {
      const std::string peer = connection.remote_address.ip().ToString();
      const auto before = head.headers.GetJoined("x-forwarded-for");
      head.headers.Set(HeaderId::kXForwardedFor,
                       before.has_value() ? head.headers.arena().Concat({*before, ",", peer})
                                          : std::string_view(peer));
    }
  } else if (const auto ip = ForwardedFor(head.headers, config.xff_num_trusted_hops)) {
    info.downstream_remote_address = net::Address::Ip(*ip, 0);
  }
  if (!head.headers.Has(HeaderId::kXForwardedProto)) {
    head.headers.Add(HeaderId::kXForwardedProto, scheme);
  }
}

bool HandleUnderscores(config::UnderscoresInHeaders action, http::HeaderMap& headers) {
  if (action == config::UnderscoresInHeaders::kAllow) return true;
  const auto has_underscore = [](const http::HeaderField& field) {
    return field.id == HeaderId::kOther && field.name.find('_') != std::string_view::npos;
  };
  const size_t found = headers.RemoveIf(has_underscore);
  return found == 0 || action == config::UnderscoresInHeaders::kDrop;
}

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = AsciiToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte that the escape at `at` stands for; nothing where there is no whole escape.
std::optional<char> EscapeAt(std::string_view path, size_t at) {
  if (path[at] != '%' || at + 2 >= path.size()) return std::nullopt;
  const int high = HexValue(path[at + 1]), low = HexValue(path[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

// RFC 3986, 5.2.4.
std::string RemoveDotSegments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t next = path.find('/', 1);
    const std::string_view segment = path.substr(0, next);
    const bool last = next == std::string_view::npos;
    path.remove_prefix(last ? path.size() : next);
    if (segment == "/.") {
      if (last) out += '/';
    } else if (segment == "/..") {
      const size_t cut = out.rfind('/');
      out.resize(cut == std::string::npos ? 0 : cut);
      if (last) out += '/';
    } else {
      out += segment;
    }
  }
  return out.empty() ? "/" : out;
}

std::string MergeSlashes(std::string_view path) {
  std::string out;
  for (char c : path) {
    if (c != '/' || out.empty() || out.back() != '/') out += c;
  }
  return out;
}

}  // namespace

bool PrepareRequest(const config::HttpConnectionManager& config, stream_info::StreamInfo& info,
                    event::Random& random, http::RequestHead& head) {
  if (!HandleUnderscores(config.underscores, head.headers)) return false;
  if (config.use_remote_address) {
    head.headers.RemoveIf(
        [](const http::HeaderField& field) { return IsEnvoyInternalField(field.name); });
  }
  TrustClient(config, info, head);
  if (config.use_remote_address && info.downstream_remote_address.is_ip()) {
    const std::string client = info.downstream_remote_address.ip().ToString();
    head.headers.Set(HeaderId::kXEnvoyExternalAddress, client);
  }
  const bool regenerate = config.use_remote_address && !config.preserve_external_request_id;
  if (config.generate_request_id && (regenerate || !head.headers.Has(HeaderId::kXRequestId))) {
    head.headers.Set(HeaderId::kXRequestId, NewRequestId(random, head.headers.arena()));
  }
  if (!config.via.empty()) head.headers.Add(HeaderId::kVia, config.via);
  return true;
}

PathOutcome NormalizePath(const config::HttpConnectionManager& config, http::RequestHead& head) {
  using Slashes = config::PathNormalization;
  if (!config.normalize_path && !config.merge_slashes && config.escaped_slashes == Slashes::kKeep) {
    return PathOutcome::kUnchanged;
  }
  if (!head.path.starts_with('/')) return PathOutcome::kUnchanged;
  const size_t query_at = head.path.find('?');
  const std::string_view path = head.path.substr(0, query_at);
  const std::string_view query =
      query_at == std::string_view::npos ? std::string_view() : head.path.substr(query_at);
  std::string out;
  bool unescaped_slash = false;
  for (size_t i = 0; i < path.size(); ++i) {
    const std::optional<char> escaped = EscapeAt(path, i);
    const bool slash = escaped.has_value() && (*escaped == '/' || *escaped == '\\');
    if (slash && config.escaped_slashes != Slashes::kKeep) {
      if (config.escaped_slashes == Slashes::kReject) return PathOutcome::kRefused;
      out += '/';
      i += 2;
      unescaped_slash = true;
    } else if (config.normalize_path && escaped.has_value() && IsUnreserved(*escaped)) {
      out += *escaped;
      i += 2;
    } else {
      if (config.normalize_path && path[i] == '\0') return PathOutcome::kRefused;
      out += config.normalize_path && path[i] == '\\' ? '/' : path[i];
    }
  }
  if (config.normalize_path) out = RemoveDotSegments(out);
  if (config.merge_slashes) out = MergeSlashes(out);
  if (out == path) return PathOutcome::kUnchanged;
  head.path = head.headers.arena().Concat({out, query});
  return unescaped_slash && config.escaped_slashes == Slashes::kUnescapeAndRedirect
             ? PathOutcome::kRedirect
             : PathOutcome::kChanged;
}

void FinishResponse(const config::HttpConnectionManager& config, const http::RequestHead& request,
                    std::string_view date, http::ResponseHead& head) {
  switch (config.server_header) {
    case config::ServerHeader::kOverwrite:
      head.headers.Set(HeaderId::kServer, config.server_name);
      break;
    case config::ServerHeader::kAppendIfAbsent:
      if (!head.headers.Has(HeaderId::kServer))
        head.headers.Add(HeaderId::kServer, config.server_name);
      break;
    case config::ServerHeader::kPassThrough:
      break;
  }
  if (!head.headers.Has(HeaderId::kDate)) {
    head.headers.Add(HeaderId::kDate, date);
  }
  if (!config.via.empty()) head.headers.Add(HeaderId::kVia, config.via);
  if (config.always_set_request_id_in_response) {
    if (const auto id = request.headers.Get(HeaderId::kXRequestId)) {
      head.headers.Set(HeaderId::kXRequestId, *id);
    }
  }
}

namespace {

// The gRPC status for an HTTP status, as gRPC's mapping document has it.
int GrpcStatusFor(uint16_t status) {
  switch (status) {
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

}  // namespace

bool MakeLocalReply(const filter::LocalReply& reply, const http::RequestHead& request,
                    http::ResponseHead& head) {
  head.Clear();
  const auto type = request.headers.Get(HeaderId::kContentType);
  const bool grpc = type.has_value() && type->starts_with("application/grpc") &&
                    (type->size() == 16 || (*type)[16] == '+' || (*type)[16] == ';');
  if (grpc) {
    head.status = 200;
    head.headers.Add(HeaderId::kContentType, "application/grpc");
    head.headers.Add(HeaderId::kGrpcStatus, StrCat(GrpcStatusFor(reply.status)));
    if (!reply.body.empty()) head.headers.Add(HeaderId::kGrpcMessage, reply.body);
    return false;
  }
  head.status = reply.status;
  if (!reply.location.empty()) head.headers.Add(HeaderId::kLocation, reply.location);
  for (const auto& [name, value] : reply.headers) head.headers.Add(name, value);
  const bool bodiless = reply.status == 204 || reply.status == 304;
  if (bodiless) return false;
  if (!reply.body.empty()) head.headers.Add(HeaderId::kContentType, reply.content_type);
  if (request.method == "HEAD") {
    head.represented_length = reply.body.size();
    return false;
  }
  head.framing = {http::Framing::kLength, reply.body.size()};
  return !reply.body.empty();
}

std::string_view DateText::At(event::SystemTime now) {
  const int64_t second =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (second != second_) {
    second_ = second;
    const std::time_t time = static_cast<std::time_t>(second);
    std::tm parts;
    gmtime_r(&time, &parts);
    std::strftime(text_, sizeof(text_), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return {text_, 29};
}

}  // namespace weir::proxy
