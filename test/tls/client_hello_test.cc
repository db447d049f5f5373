#include "source/tls/client_hello.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/tls/hello_bytes.h"

namespace weir::tls {
namespace {

using testing::ElementsAre;

TEST(ClientHello, NameAndProtocolsAreFoundInTheirOrder) {
  ClientHello hello;
  EXPECT_EQ(ReadClientHello(Record(Handshake("WWW.Example.com", {"h2", "http/1.1"})), hello),
            HelloOutcome::kFound);
  EXPECT_EQ(hello.server_name, "www.example.com");
  EXPECT_THAT(hello.protocols, ElementsAre("h2", "http/1.1"));
}

TEST(ClientHello, EveryPrefixNeedsMore) {
  const std::string whole = Record(Handshake("a.example", {"h2"}));
  for (size_t n = 0; n < whole.size(); ++n) {
    ClientHello hello;
    EXPECT_EQ(ReadClientHello(whole.substr(0, n), hello), HelloOutcome::kNeedMore) << n;
  }
}

TEST(ClientHello, AHelloMayBeSpreadOverRecords) {
  const std::string handshake = Handshake("a.example", {});
  ClientHello hello;
  EXPECT_EQ(ReadClientHello(Record(handshake.substr(0, 10)) + Record(handshake.substr(10)), hello),
            HelloOutcome::kFound);
  EXPECT_EQ(hello.server_name, "a.example");
}

TEST(ClientHello, WhatIsNoTlsIsToldApart) {
  for (std::string_view text : {"GET / HTTP/1.1\r\n", "PRI * HTTP/2.0", "\x16\x02\x00\x00\x01"}) {
    ClientHello hello;
    EXPECT_EQ(ReadClientHello(text, hello), HelloOutcome::kNotTls) << text;
  }
}

TEST(ClientHello, BrokenLengthsAreMalformed) {
  std::string handshake = Handshake("a.example", {"h2"});
  // The extensions' length, behind 4 + 2 + 32 + 1 + 4 + 2 bytes, says more than there is.
  handshake[45] = '\x7f';
  ClientHello hello;
  EXPECT_EQ(ReadClientHello(Record(handshake), hello), HelloOutcome::kMalformed);
  EXPECT_EQ(ReadClientHello(Record("\x02"), hello), HelloOutcome::kMalformed);
  EXPECT_EQ(ReadClientHello(std::string("\x16\x03\x01\x00\x00", 5), hello),
            HelloOutcome::kMalformed);
}

}  // namespace
}  // namespace weir::tls
