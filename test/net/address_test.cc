#include "source/net/address.h"

#include "gtest/gtest.h"
#include "source/base/status.h"

namespace weir::net {
namespace {

TEST(IpAddress, ParsesAndPrints) {
  const struct {
    const char* text;
    const char* printed;  // Null: not an address.
    bool v6;
  } kCases[] = {
      {"10.0.0.1", "10.0.0.1", false},
      {"255.255.255.255", "255.255.255.255", false},
      {"::1", "::1", true},
      {"2001:DB8::0:1", "2001:db8::1", true},
      {"::ffff:1.2.3.4", "::ffff:1.2.3.4", true},
      {"", nullptr, false},
      {"localhost", nullptr, false},
      {"10.0.0", nullptr, false},
      {"10.0.0.256", nullptr, false},
      {"010.0.0.1", nullptr, false},
      {"[::1]", nullptr, false},
      {"::1%lo", nullptr, false},
      {"1.2.3.4 ", nullptr, false},
      {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", nullptr, false},
  };
  for (const auto& c : kCases) {
    const std::optional<IpAddress> address = IpAddress::Parse(c.text);
    ASSERT_EQ(address.has_value(), c.printed != nullptr) << c.text;
    if (!address) continue;
    EXPECT_EQ(address->ToString(), c.printed);
    EXPECT_EQ(address->is_v6(), c.v6);
  }
  EXPECT_FALSE(IpAddress::Parse(std::string_view("10.0.0.1\0", 9)).has_value());
}

TEST(IpAddress, KnowsLoopbackAndAny) {
  EXPECT_TRUE(IpAddress::Parse("127.8.9.1")->IsLoopback());
  EXPECT_TRUE(IpAddress::Parse("::1")->IsLoopback());
  EXPECT_FALSE(IpAddress::Parse("::2")->IsLoopback());
  EXPECT_TRUE(IpAddress::Parse("0.0.0.0")->IsAny());
  EXPECT_TRUE(IpAddress::Parse("::")->IsAny());
  EXPECT_FALSE(IpAddress::Parse("0.0.0.1")->IsAny());
  EXPECT_EQ(IpAddress::V4(0x0A000001).ToString(), "10.0.0.1");
}

TEST(CidrRange, ContainsWhatSharesThePrefix) {
  const struct {
    const char* base;
    uint32_t length;
    const char* address;
    bool contained;
  } kCases[] = {
      {"10.0.0.0", 8, "10.255.1.2", true},
      {"10.0.0.0", 8, "11.0.0.0", false},
      {"10.1.2.3", 32, "10.1.2.3", true},
      {"10.1.2.3", 32, "10.1.2.4", false},
      {"10.1.2.128", 25, "10.1.2.129", true},
      {"10.1.2.128", 25, "10.1.2.127", false},
      {"0.0.0.0", 0, "200.1.1.1", true},
      {"0.0.0.0", 0, "::1", false},
      {"2001:db8::", 33, "2001:db8:7fff::1", true},
      {"2001:db8::", 33, "2001:db8:8000::1", false},
      {"::", 0, "::1", true},
  };
  for (const auto& c : kCases) {
    const auto range = CidrRange::Create(*IpAddress::Parse(c.base), c.length);
    ASSERT_TRUE(range.ok());
    EXPECT_EQ(range->Contains(*IpAddress::Parse(c.address)), c.contained)
        << range->ToString() << " " << c.address;
  }
}

TEST(CidrRange, ClearsBitsBeyondThePrefixAndRefusesALongOne) {
  EXPECT_EQ(CidrRange::Create(*IpAddress::Parse("10.1.2.255"), 25)->ToString(), "10.1.2.128/25");
  const auto bad = CidrRange::Create(*IpAddress::Parse("10.0.0.0"), 33);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(MessageOf(bad.status()), "prefix length 33 of 10.0.0.0 is above 32");
}

TEST(Address, ParsesPrintsAndGoesThroughTheKernelsForm) {
  for (const char* text : {"127.0.0.1:80", "[::1]:65535", "0.0.0.0:0"}) {
    const auto address = Address::Parse(text);
    ASSERT_TRUE(address.ok()) << text;
    EXPECT_EQ(address->ToString(), text);
    sockaddr_storage storage;
    const socklen_t length = address->ToSockaddr(storage);
    EXPECT_EQ(Address::FromSockaddr(storage, length), *address);
  }
  for (const char* path : {"/run/x.sock", "@abstract"}) {
    const Address address = *Address::Unix(path);
    sockaddr_storage storage;
    const socklen_t length = address.ToSockaddr(storage);
    EXPECT_EQ(Address::FromSockaddr(storage, length).path(), path);
  }
  EXPECT_EQ(Address::Parse("unix:/a/b")->path(), "/a/b");
}

TEST(Address, RefusesWhatIsNone) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                           "::1:80", "[127.0.0.1]:80", "example.com:80", "[::1]", "unix:"}) {
    EXPECT_FALSE(Address::Parse(text).ok()) << text;
  }
  EXPECT_TRUE(Address::Unix(std::string(107, 'a')).ok());
  EXPECT_FALSE(Address::Unix(std::string(108, 'a')).ok());
  EXPECT_FALSE(Address::Unix(std::string_view("a\0b", 3)).ok());
}

TEST(Address, APathLivesAsLongAsSomeCopyOfIt) {
  auto first = std::make_unique<Address>(*Address::Unix("/run/weir/a.sock", 0600));
  Address copy = *first;
  const Address unnamed = Address::FromSockaddr({.ss_family = AF_UNIX}, sizeof(sa_family_t));
  EXPECT_NE(copy, unnamed);
  first.reset();
  EXPECT_EQ(copy.path(), "/run/weir/a.sock");
  EXPECT_EQ(copy.mode(), 0600u);
  copy = copy.is_ip() ? Address() : copy;  // From itself.
  EXPECT_EQ(copy, *Address::Unix("/run/weir/a.sock", 0600));
  EXPECT_NE(copy, *Address::Unix("/run/weir/a.sock", 0644));
  copy = *Address::Parse("127.0.0.1:80");
  EXPECT_TRUE(copy.is_ip());
  EXPECT_EQ(unnamed.path(), "");
}

}  // namespace
}  // namespace weir::net
