// JA3 and JA4 of hellos whose fingerprints are published with the specifications or worked out by
// hand from them.

#include "source/tls/fingerprint.h"

#include <gtest/gtest.h>

#include "test/tls/hello_bytes.h"

namespace weir::tls {
namespace {

std::string Numbers(const std::vector<uint16_t>& numbers) {
  std::string bytes;
  for (const uint16_t number : numbers) bytes += Number(number, 2);
  return bytes;
}

// A hello to put together.
struct Hello {
  uint16_t version = 0x0303;
  std::vector<uint16_t> ciphers, extensions, groups, versions, signatures;
  std::string point_formats;
  std::string server_name = "a.example";
  std::vector<std::string> protocols;

  std::string BodyOf(uint16_t extension) const {
    std::string list;
    switch (extension) {
      case 0:
        return Vector(Number(0, 1) + Vector(server_name, 2), 2);
      case 10:
        return Vector(Numbers(groups), 2);
      case 11:
        return Vector(point_formats, 1);
      case 13:
        return Vector(Numbers(signatures), 2);
      case 16:
        for (const std::string& protocol : protocols) list += Vector(protocol, 1);
        return Vector(list, 2);
      case 43:
        return Vector(Numbers(versions), 1);
      default:
        return "";
    }
  }
  std::string bytes() const {
    std::string all;
    for (const uint16_t type : extensions) all += Number(type, 2) + Vector(BodyOf(type), 2);
    const std::string body = Number(version, 2) + std::string(32, 'r') + Vector("", 1) +
                             Vector(Numbers(ciphers), 2) + Vector(std::string(1, '\0'), 1) +
                             (extensions.empty() ? "" : Vector(all, 2));
    return Record(Number(1, 1) + Vector(body, 3));
  }
};

struct Fingerprints {
  explicit Fingerprints(const Hello& sent) {
    ClientHello hello;
    ClientOffers offers;
    EXPECT_EQ(ReadClientHello(sent.bytes(), hello, &offers), HelloOutcome::kFound);
    ja3_text = Ja3Text(offers);
    ja3 = Ja3Hash(offers);
    ja4 = Ja4(hello, offers);
  }
  std::string ja3_text, ja3, ja4;
};

// The two examples of JA3's own description.
TEST(FingerprintTest, Ja3OfThePublishedHellos) {
  const Fingerprints with({.version = 0x0301,
                           .ciphers = {47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4},
                           .extensions = {0, 10, 11},
                           .groups = {23, 24, 25},
                           .point_formats = std::string(1, '\0')});
  EXPECT_EQ(with.ja3_text, "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0");
  EXPECT_EQ(with.ja3, "ada70206e40642a3e4461f35503241d5");
  const Fingerprints without(
      {.version = 0x0301, .ciphers = {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99}});
  EXPECT_EQ(without.ja3_text, "769,4-5-10-9-100-98-3-6-19-18-99,,,");
  EXPECT_EQ(without.ja3, "de350869b8c85de67a350c8d186f11e6");
}

// The hello of a browser that JA4's specification works through, with GREASE where browsers put it.
Hello Browser() {
  return {.ciphers = {0x2a2a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
                      0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035},
          .extensions = {0x7a7a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d,
                         0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015},
          .groups = {0x5a5a, 29, 23, 24},
          .versions = {0xfafa, 0x0304, 0x0303},
          .signatures = {0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
          .point_formats = std::string(1, '\0'),
          .protocols = {"h2", "http/1.1"}};
}

TEST(FingerprintTest, Ja4OfThePublishedHello) {
  EXPECT_EQ(Fingerprints(Browser()).ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

TEST(FingerprintTest, GreaseCountsForNothing) {
  Hello plain = Browser();
  for (auto* list : {&plain.ciphers, &plain.extensions, &plain.groups, &plain.versions}) {
    list->erase(list->begin());
  }
  EXPECT_EQ(Fingerprints(plain).ja3_text, Fingerprints(Browser()).ja3_text);
  EXPECT_EQ(Fingerprints(plain).ja4, Fingerprints(Browser()).ja4);
  EXPECT_EQ(Fingerprints(plain).ja3_text,
            "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,"
            "27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23-24,0");
}

TEST(FingerprintTest, TheFirstPartOfJa4) {
  const auto first = [](const Hello& hello) { return Fingerprints(hello).ja4.substr(0, 10); };
  Hello hello = Browser();
  std::erase(hello.extensions, 0);
  EXPECT_EQ(first(hello), "t13i1515h2") << "an address in place of a name";
  hello = Browser();
  hello.versions = {0x0303};
  EXPECT_EQ(first(hello), "t12d1516h2");
  std::erase(hello.extensions, 43);
  hello.version = 0x0302;
  EXPECT_EQ(first(hello), "t11d1515h2") << "without supported_versions the old field counts";
  hello = Browser();
  hello.protocols = {"http/1.1"};
  EXPECT_EQ(first(hello), "t13d1516h1");
  hello.protocols = {"\xab\xcd"};
  EXPECT_EQ(first(hello), "t13d1516ad") << "the hex of bytes that are no letters";
  std::erase(hello.extensions, 16);
  EXPECT_EQ(first(hello), "t13d151500");
  hello.ciphers.assign(120, 0x1301);
  EXPECT_EQ(first(hello), "t13d991500");
}

TEST(FingerprintTest, NothingToHashIsZeros) {
  EXPECT_EQ(Fingerprints({}).ja4, "t12i000000_000000000000_000000000000");
}

}  // namespace
}  // namespace weir::tls
