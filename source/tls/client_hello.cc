#include "source/tls/client_hello.h"

#include <cstdint>
#include <optional>

#include "source/base/strings.h"

namespace weir::tls {
namespace {

constexpr uint8_t kHandshakeRecord = 22;
constexpr uint8_t kClientHelloMessage = 1;
constexpr uint16_t kServerNameExtension = 0;
constexpr uint16_t kGroupsExtension = 10;
constexpr uint16_t kPointFormatsExtension = 11;
constexpr uint16_t kSignaturesExtension = 13;
constexpr uint16_t kAlpnExtension = 16;
constexpr uint16_t kVersionsExtension = 43;
constexpr size_t kRecordHeader = 5;
constexpr size_t kMaxRecord = 16384 + 2048;

// Takes fields off the front; once something is missing every further take fails.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }

  size_t Number(size_t bytes) {
    size_t value = 0;
    for (char c : Bytes(bytes)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  std::string_view Bytes(size_t n) {
    if (n > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return taken;
  }
  // A vector with a length of `bytes` bytes before it.
  std::string_view Vector(size_t bytes) { return Bytes(Number(bytes)); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// The handshake bytes of all records at the front, or what is known without the rest.
HelloOutcome JoinRecords(std::string_view bytes, std::string& handshake) {
  while (!bytes.empty()) {
    if (static_cast<uint8_t>(bytes[0]) != kHandshakeRecord) {
      return handshake.empty() ? HelloOutcome::kNotTls : HelloOutcome::kMalformed;
    }
    if (bytes.size() > 1 && bytes[1] != 3) {
      return handshake.empty() ? HelloOutcome::kNotTls : HelloOutcome::kMalformed;
    }
    if (bytes.size() < kRecordHeader) return HelloOutcome::kNeedMore;
    const size_t length = static_cast<uint8_t>(bytes[3]) << 8 | static_cast<uint8_t>(bytes[4]);
    if (length == 0 || length > kMaxRecord) return HelloOutcome::kMalformed;
    const std::string_view body = bytes.substr(kRecordHeader, length);
    handshake.append(body);
    if (!handshake.empty() && handshake[0] != kClientHelloMessage) return HelloOutcome::kMalformed;
    if (handshake.size() >= 4) {
      const size_t message = static_cast<size_t>(static_cast<uint8_t>(handshake[1])) << 16 |
                             static_cast<size_t>(static_cast<uint8_t>(handshake[2])) << 8 |
                             static_cast<uint8_t>(handshake[3]);
      if (handshake.size() >= message + 4) {
        handshake.resize(message + 4);
        return HelloOutcome::kFound;
      }
    }
    if (body.size() < length) return HelloOutcome::kNeedMore;
    bytes.remove_prefix(kRecordHeader + length);
  }
  return HelloOutcome::kNeedMore;
}

bool ReadServerName(std::string_view extension, ClientHello& hello) {
  Reader list(Reader(extension).Vector(2));
  while (!list.empty()) {
    const size_t type = list.Number(1);
    const std::string_view name = list.Vector(2);
    if (!list.ok()) return false;
    if (type == 0 && hello.server_name.empty()) hello.server_name = AsciiLower(name);
  }
  return hello.server_name.find('\0') == std::string::npos;
}

bool ReadProtocols(std::string_view extension, ClientHello& hello) {
  Reader list(Reader(extension).Vector(2));
  while (!list.empty()) {
    const std::string_view protocol = list.Vector(1);
    if (!list.ok() || protocol.empty()) return false;
    hello.protocols.emplace_back(protocol);
  }
  return !hello.protocols.empty();
}

// RFC 8701, 2: 0x0a0a, 0x1a1a, ...
bool IsGrease(size_t number) {
  return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 255);
}

void ReadNumbers(std::string_view list, std::vector<uint16_t>& numbers) {
  Reader reader(list);
  while (!reader.empty()) {
    const size_t number = reader.Number(2);
    if (reader.ok() && !IsGrease(number)) numbers.push_back(static_cast<uint16_t>(number));
  }
}

void ReadOffer(size_t type, std::string_view body, ClientOffers& offers) {
  if (!IsGrease(type)) offers.extensions.push_back(static_cast<uint16_t>(type));
  Reader reader(body);
  switch (type) {
    case kGroupsExtension:
      return ReadNumbers(reader.Vector(2), offers.groups);
    case kSignaturesExtension:
      return ReadNumbers(reader.Vector(2), offers.signatures);
    case kVersionsExtension:
      return ReadNumbers(reader.Vector(1), offers.versions);
    case kPointFormatsExtension: {
      const std::string_view formats = reader.Vector(1);
      offers.point_formats.assign(formats.begin(), formats.end());
      return;
    }
    default:
      return;
  }
}

bool ReadHello(std::string_view handshake, ClientHello& hello, ClientOffers* offers) {
  Reader reader(handshake.substr(4));
  const size_t version = reader.Number(2);
  reader.Bytes(32);  // random
  reader.Vector(1);  // legacy_session_id
  const std::string_view ciphers = reader.Vector(2);
  reader.Vector(1);  // legacy_compression_methods
  if (!reader.ok()) return false;
  if (offers != nullptr) {
    offers->legacy_version = static_cast<uint16_t>(version);
    ReadNumbers(ciphers, offers->ciphers);
  }
  if (reader.empty()) return true;
  Reader extensions(reader.Vector(2));
  while (!extensions.empty()) {
    const size_t type = extensions.Number(2);
    const std::string_view body = extensions.Vector(2);
    if (!extensions.ok()) return false;
    if (offers != nullptr) ReadOffer(type, body, *offers);
    if (type == kServerNameExtension && !ReadServerName(body, hello)) return false;
    if (type == kAlpnExtension && !ReadProtocols(body, hello)) return false;
  }
  return reader.ok();
}

}  // namespace

HelloOutcome ReadClientHello(std::string_view bytes, ClientHello& hello, ClientOffers* offers) {
  std::string handshake;
  const HelloOutcome joined = JoinRecords(bytes, handshake);
  if (joined != HelloOutcome::kFound) return joined;
  return ReadHello(handshake, hello, offers) ? HelloOutcome::kFound : HelloOutcome::kMalformed;
}

}  // namespace weir::tls
