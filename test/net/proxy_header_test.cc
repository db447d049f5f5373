// The header of the PROXY protocol: tables of what is read, a byte at a time too, and of what is
// written.
#include "source/net/proxy_header.h"

#include <gtest/gtest.h>

#include "source/base/strings.h"
#include "source/net/transport_socket.h"

namespace weir::net {
namespace {

using Outcome = ProxyReading::Outcome;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
// 10.0.0.1:1234 to 10.0.0.2:443.
constexpr std::string_view kV4("\x0A\0\0\x01\x0A\0\0\x02\x04\xD2\x01\xBB", 12);
// [::1]:1 to [::2]:65535.
constexpr std::string_view kV6(
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\x01\xFF\xFF", 36);

std::string Binary(uint8_t command, uint8_t family, std::string_view body) {
  std::string bytes(kSignature);
  bytes.push_back(static_cast<char>(command));
  bytes.push_back(static_cast<char>(family));
  bytes.push_back(static_cast<char>(body.size() >> 8));
  bytes.push_back(static_cast<char>(body.size() & 0xFF));
  return bytes + std::string(body);
}
std::string Tlv(uint8_t type, std::string_view value) {
  std::string bytes(1, static_cast<char>(type));
  bytes.push_back(static_cast<char>(value.size() >> 8));
  bytes.push_back(static_cast<char>(value.size() & 0xFF));
  return bytes + std::string(value);
}

// "v1 10.0.0.1:1234>10.0.0.2:443", with " e0=text" for each TLV; "v1", "v2" without addresses;
// otherwise "more", "absent", "malformed".
std::string Read(std::string_view bytes) {
  ProxyHeader header;
  const ProxyReading reading = ReadProxyHeader(bytes, header);
  switch (reading.outcome) {
    case Outcome::kNeedMore:
      return "more";
    case Outcome::kAbsent:
      return "absent";
    case Outcome::kMalformed:
      EXPECT_FALSE(reading.fault.empty());
      return "malformed";
    case Outcome::kFound:
      break;
  }
  std::string text = *reading.version == ProxyVersion::kV1 ? "v1" : "v2";
  if (header.endpoints.has_value()) {
    StrAppend(text, " ", header.endpoints->source.ToString(), ">",
              header.endpoints->destination.ToString());
  }
  for (const ProxyTlv& tlv : header.tlvs) StrAppend(text, " ", tlv.type, "=", tlv.value);
  return text;
}

struct Case {
  std::string bytes;
  std::string_view read;
};

std::vector<Case> LineCases() {
  const std::string longest = "PROXY UNKNOWN " + std::string(107 - 14 - 2, 'x') + "\r\n";
  return {
      {"PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "v1 192.0.2.1:56324>198.51.100.7:443"},
      {"PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 1 65535\r\n",
       "v1 [2001:db8::1]:1>[::ffff:1.2.3.4]:65535"},
      {"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "v1 0.0.0.0:0>0.0.0.0:0"},
      {"PROXY UNKNOWN\r\n", "v1"},
      {"PROXY UNKNOWN 1.2.3.4 whatever\r\n", "v1"},
      {longest, "v1"},
      {"PROXY UNKNOWN " + std::string(107 - 14 - 1, 'x') + "\r\n", "malformed"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n", "malformed"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n", "malformed"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n", "malformed"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n", "malformed"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n", "malformed"},
      {"PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n", "malformed"},
      {"PROXY TCP4 ::1 ::2 1 2\r\n", "malformed"},
      {"PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n", "malformed"},
      {"PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n", "malformed"},
      {"PROXY TCP4 a.example 5.6.7.8 1 2\r\n", "malformed"},
      {"PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n", "malformed"},
      {"PROXY \r\n", "malformed"},
      {"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n" + std::string(80, ' '), "malformed"},
      {"GET / HTTP/1.1\r\n", "absent"},
      {"PROXZ", "absent"},
      {"proxy ", "absent"},
      {"\x16\x03\x01", "absent"},
  };
}

std::vector<Case> BinaryCases() {
  const std::string checked =
      Binary(0x21, 0x11, std::string(kV4) + Tlv(3, "\x50\xCA\x20\x02") + Tlv(0xE0, "a"));
  std::string wrong = checked;
  wrong.back() = 'b';
  return {
      {Binary(0x21, 0x11, kV4), "v2 10.0.0.1:1234>10.0.0.2:443"},
      {Binary(0x21, 0x21, kV6), "v2 [::1]:1>[::2]:65535"},
      {Binary(0x21, 0x11, std::string(kV4) + Tlv(2, "web") + Tlv(4, "pad") + Tlv(0xEA, "")),
       "v2 10.0.0.1:1234>10.0.0.2:443 2=web 234="},
      {checked, "v2 10.0.0.1:1234>10.0.0.2:443 224=a"},
      {wrong, "malformed"},
      {Binary(0x21, 0x11, std::string(kV4) + Tlv(3, "abc")), "malformed"},
      {Binary(0x20, 0x00, ""), "v2"},
      {Binary(0x20, 0x11, kV4), "v2"},
      {Binary(0x20, 0x31, "ignored whatever it is"), "v2"},
      {Binary(0x21, 0x00, ""), "v2"},
      {Binary(0x21, 0x00, "\xFF\xFF"), "v2"},
      {Binary(0x21, 0x31, std::string(216, '\0')), "malformed"},
      {Binary(0x21, 0x12, kV4), "malformed"},
      {Binary(0x21, 0x22, kV6), "malformed"},
      {Binary(0x21, 0x41, kV4), "malformed"},
      {Binary(0x22, 0x11, kV4), "malformed"},
      {Binary(0x11, 0x11, kV4), "malformed"},
      {Binary(0x21, 0x11, kV4.substr(0, 11)), "malformed"},
      {Binary(0x21, 0x21, kV4), "malformed"},
      {Binary(0x21, 0x11, std::string(kV4) + "\x02"), "malformed"},
      {Binary(0x21, 0x11, std::string(kV4) + std::string("\x02\0\5four", 7)), "malformed"},
      {Binary(0x21, 0x11, std::string(kV4) + Tlv(2, std::string(65535 - 15, 'x'))),
       std::string_view()},
      {std::string("\r\n\r\n\0\r\nQUIX", 11), "absent"},
  };
}

TEST(ProxyHeader, IsRead) {
  for (const auto& cases : {LineCases(), BinaryCases()}) {
    for (const Case& c : cases) {
      if (c.read.empty()) {
        EXPECT_EQ(Read(c.bytes).size(), 2 + 30 + 65535 - 15) << "the longest one";
        continue;
      }
      EXPECT_EQ(Read(c.bytes), c.read) << c.bytes;
    }
  }
}

// No part of a header is taken for something else, and what follows it is left.
TEST(ProxyHeader, IsReadAByteAtATime) {
  for (const auto& cases : {LineCases(), BinaryCases()}) {
    for (const Case& c : cases) {
      if (!c.read.starts_with('v')) continue;
      for (size_t n = 0; n < c.bytes.size(); ++n) {
        EXPECT_EQ(Read(std::string_view(c.bytes).substr(0, n)), "more") << c.bytes;
      }
      ProxyHeader header;
      EXPECT_EQ(ReadProxyHeader(c.bytes + "\x16\x03", header).size, c.bytes.size());
    }
  }
}

TEST(ProxyHeader, IsWritten) {
  const auto at = [](std::string_view text) { return *net::Address::Parse(text); };
  struct Written {
    ProxyEndpoints endpoints;
    std::string_view v1, v2;
  };
  const Written cases[] = {
      {{at("10.0.0.1:1234"), at("10.0.0.2:443")},
       "PROXY TCP4 10.0.0.1 10.0.0.2 1234 443\r\n",
       "v2 10.0.0.1:1234>10.0.0.2:443 224=x"},
      {{at("[2001:db8::1]:1"), at("[::1]:2")},
       "PROXY TCP6 2001:db8::1 ::1 1 2\r\n",
       "v2 [2001:db8::1]:1>[::1]:2 224=x"},
      {{at("10.0.0.1:1"), at("[::1]:2")},
       "PROXY TCP6 ::ffff:10.0.0.1 ::1 1 2\r\n",
       "v2 [::ffff:10.0.0.1]:1>[::1]:2 224=x"},
      {{at("unix:/a"), at("10.0.0.2:443")}, "PROXY UNKNOWN\r\n", "v2"},
  };
  const ProxyTlv tlvs[] = {{0xE0, "x"}};
  size_t left_out = 0;
  for (const Written& c : cases) {
    EXPECT_EQ(WriteProxyV1(&c.endpoints), c.v1);
    EXPECT_EQ(Read(WriteProxyV2(&c.endpoints, tlvs, left_out)), c.v2);
    EXPECT_EQ(left_out, 0u);
  }
  EXPECT_EQ(WriteProxyV1(nullptr), "PROXY UNKNOWN\r\n");
  EXPECT_EQ(WriteProxyV2(nullptr, {}, left_out), Binary(0x20, 0x00, ""));
}

TEST(ProxyHeader, TlvsOfTheClientGoOnWhereTheyAreChosenAndNotOurs) {
  const ProxyEndpoints endpoints{*Address::Parse("10.0.0.1:1"), *Address::Parse("10.0.0.2:2")};
  const ProxyTlv received[] = {{0x02, "theirs"}, {0xE0, "a"}, {0xE1, "b"}};
  size_t left_out = 7;
  const auto written = [&](const ProxyHeaderFormat& format) {
    return Read(WriteProxyHeader(format, &endpoints, received, left_out));
  };
  EXPECT_EQ(written({}), "v1 10.0.0.1:1>10.0.0.2:2");
  EXPECT_EQ(left_out, 0u);
  EXPECT_EQ(written({.version = ProxyVersion::kV2}), "v2 10.0.0.1:1>10.0.0.2:2");
  EXPECT_EQ(written({.version = ProxyVersion::kV2, .pass_through = {.types = {0xE1}}}),
            "v2 10.0.0.1:1>10.0.0.2:2 225=b");
  EXPECT_EQ(
      written(
          {.version = ProxyVersion::kV2, .pass_through = {.all = true}, .added = {{0x02, "ours"}}}),
      "v2 10.0.0.1:1>10.0.0.2:2 2=ours 224=a 225=b");
}

TEST(ProxyHeader, TlvsThatDoNotFitAreLeftOut) {
  const ProxyEndpoints endpoints{*Address::Parse("10.0.0.1:1"), *Address::Parse("10.0.0.2:2")};
  const ProxyTlv tlvs[] = {{0xE0, std::string(65535 - 12 - 3 - 4, 'x')}, {0xE1, "yy"}, {0xE2, "z"}};
  size_t left_out = 0;
  const std::string written = WriteProxyV2(&endpoints, tlvs, left_out);
  EXPECT_EQ(written.size(), kLongestProxyHeader);
  EXPECT_EQ(left_out, 1u);
  ProxyHeader header;
  EXPECT_EQ(ReadProxyHeader(written, header).outcome, Outcome::kFound);
  ASSERT_EQ(header.tlvs.size(), 2u);
  EXPECT_EQ(header.tlvs[1].type, 0xE2);
}

TEST(ConnectionPurpose, ClientsWithOtherTlvsHaveConnectionsOfTheirOwn) {
  const auto key = [](std::vector<ProxyTlv> tlvs) {
    ConnectionPurpose purpose;
    purpose.downstream = {*Address::Unix("/client"), *Address::Parse("10.0.0.2:80")};
    purpose.downstream_tlvs = std::move(tlvs);
    return purpose.Key();
  };
  EXPECT_EQ(key({{0xe0, "a"}}), key({{0xe0, "a"}}));
  EXPECT_NE(key({{0xe0, "a"}}), key({}));
  EXPECT_NE(key({{0xe0, "a"}}), key({{0xe0, "b"}}));
  EXPECT_NE(key({{0xe0, "a"}}), key({{0xe1, "a"}}));
  EXPECT_NE(key({{0xe0, "a 225:1:b"}}), key({{0xe0, "a"}, {0xe1, "b"}}));
}

}  // namespace
}  // namespace weir::net
