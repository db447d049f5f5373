#include "source/http/h1/head_rules.h"

#include <vector>

#include "source/base/strings.h"
#include "source/http/syntax.h"
#include "source/http/upgrade_token.h"

namespace weir::http::h1 {
namespace {

// Fields that connection fields of one message may name besides the usual ones.
constexpr size_t kMaxNominated = 16;

struct Reading {
  FramingFields framing;
  HeadFacts& facts;
  uint32_t lengths = 0;
  uint32_t codings = 0;
  uint32_t upgrades = 0;
  std::vector<std::string_view> nominated;
};

const Rejection* ReadConnection(std::string_view value, Reading& reading) {
  if (value == "keep-alive") {  // As most that have any say.
    reading.facts.keep_alive = true;
    return nullptr;
  }
  bool good = true;
  ForEachElement(value, [&](std::string_view option) {
    if (EqualsIgnoreCase(option, "close")) {
      reading.facts.close = true;
    } else if (EqualsIgnoreCase(option, "keep-alive")) {
      reading.facts.keep_alive = true;
    } else if (EqualsIgnoreCase(option, "upgrade")) {
      reading.facts.connection_upgrade = true;
    } else if (EqualsIgnoreCase(option, "te")) {
      // "te: trailers" is said anew on the next hop.
    } else if (!IsToken(option) || reading.nominated.size() == kMaxNominated) {
      good = false;
    } else {
      reading.nominated.push_back(option);
    }
  });
  return good ? nullptr : &kBadConnection;
}

const Rejection* ReadLength(std::string_view value, Reading& reading) {
  if (++reading.lengths > 1) return &kManyLengths;
  reading.facts.content_length = ParseContentLength(value);
  return reading.facts.content_length.has_value() ? nullptr : &kBadLength;
}

const Rejection* ReadCoding(std::string_view value, Reading& reading) {
  if (++reading.codings > 1) return &kBadCoding;
  if (EqualsIgnoreCase(value, "chunked")) {
    reading.facts.chunked = true;
    return nullptr;
  }
  // "gzip, chunked" is well-formed and more than we do; everything else does not say where the body
  // ends.
  size_t chunked = 0;
  bool last_is_chunked = false;
  bool tokens = true;
  ForEachElement(value, [&](std::string_view coding) {
    last_is_chunked = EqualsIgnoreCase(coding, "chunked");
    if (last_is_chunked) ++chunked;
    tokens = tokens && IsToken(coding);
  });
  return tokens && last_is_chunked && chunked == 1 ? &kOtherCoding : &kBadCoding;
}

bool ListsTrailers(std::string_view te) {
  bool found = false;
  ForEachElement(te, [&](std::string_view element) {
    found = found || EqualsIgnoreCase(element, "trailers");
  });
  return found;
}

// Looks at one field; it is dropped when the head never holds it.
const Rejection* ReadField(HeaderField& field, Reading& reading) {
  const Rejection* why = nullptr;
  switch (field.id) {
    case HeaderId::kHost:
      ++reading.facts.host_count;
      reading.facts.host = field.value;
      break;
    case HeaderId::kContentLength:
      if (reading.framing == FramingFields::kCount) why = ReadLength(field.value, reading);
      break;
    case HeaderId::kTransferEncoding:
      if (reading.framing == FramingFields::kCount) why = ReadCoding(field.value, reading);
      break;
    case HeaderId::kConnection:
      why = ReadConnection(field.value, reading);
      break;
    case HeaderId::kUpgrade:
      reading.facts.upgrade = ++reading.upgrades == 1 ? field.value : std::string_view();
      break;
    case HeaderId::kKeepAlive:
    case HeaderId::kProxyConnection:
    case HeaderId::kHttp2Settings:
      break;
    case HeaderId::kTe:
      if (!ListsTrailers(field.value)) break;
      field.value = "trailers";
      return nullptr;
    case HeaderId::kExpect:
      if (!EqualsIgnoreCase(field.value, "100-continue")) return nullptr;
      reading.facts.expects_continue = true;
      break;
    default:
      return nullptr;
  }
  FieldTable::DropField(field);
  return why;
}

}  // namespace

std::string_view UpgradeOf(const HeadFacts& facts,
                           const std::function<bool(std::string_view)>& overlooks) {
  if (!facts.connection_upgrade) return {};
  size_t offers = 0;
  std::string_view token;
  ForEachElement(facts.upgrade, [&](std::string_view protocol) {
    if (overlooks(protocol)) return;
    ++offers;
    token = protocol;
  });
  return offers == 1 && IsUpgradeToken(token) && !IsIgnoredUpgrade(token) ? token
                                                                          : std::string_view();
}

const Rejection* ReadHeadFacts(FieldTable& table, FramingFields framing, bool allow_chunked_length,
                               HeadFacts& facts) {
  Reading reading{.framing = framing, .facts = facts};
  const Rejection* first = nullptr;
  for (HeaderField& field : table.fields()) {
    const Rejection* why = ReadField(field, reading);
    if (first == nullptr) first = why;
  }
  if (first != nullptr) return first;
  if (facts.chunked && facts.content_length.has_value()) {
    if (!allow_chunked_length) return &kLengthAndCoding;
    facts.content_length.reset();
    facts.close = true;
  }
  for (const std::string_view nominated : reading.nominated) {
    for (HeaderField& field : table.fields()) {
      if (EqualsIgnoreCase(field.name, nominated)) FieldTable::DropField(field);
    }
  }
  return nullptr;
}

}  // namespace weir::http::h1
