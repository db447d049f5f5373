// What an OCSP response says, and which ones are refused.

#include "source/x509/ocsp_response.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/x509/certificate.h"
#include "test/x509/authority.h"

namespace weir::x509 {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;
using testing::HasSubstr;

const Authority& Root() {
  static const auto* const root = new Authority("Root");
  return *root;
}

TEST(OcspResponseTest, SaysOfWhichCertificateAndUntilWhen) {
  const Identity identity = Root().Issue({});
  const std::string serial = ParseCertificates(identity.chain_pem)->front().Serial();
  const auto response = ParseOcspResponse(
      Root().Ocsp(identity, {.this_update = 1609459200, .next_update = 1609545599}));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->serial, serial);
  EXPECT_EQ(response->status, OcspResponse::Status::kGood);
  EXPECT_EQ(response->this_update, system_clock::time_point(seconds(1609459200)));
  ASSERT_TRUE(response->next_update.has_value());
  EXPECT_EQ(*response->next_update, system_clock::time_point(seconds(1609545599)));
  EXPECT_TRUE(response->IsCurrent(*response->next_update));
  EXPECT_FALSE(response->IsCurrent(*response->next_update + seconds(1)));
}

TEST(OcspResponseTest, OneWithoutANextUpdateIsNeverCurrent) {
  const auto response =
      ParseOcspResponse(Root().Ocsp(Root().Issue({}), {.next_update = std::nullopt}));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_FALSE(response->IsCurrent(response->this_update));
}

TEST(OcspResponseTest, ARevokedCertificateIsToldApart) {
  const auto response = ParseOcspResponse(Root().Ocsp(Root().Issue({}), {.revoked = true}));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, OcspResponse::Status::kRevoked);
}

TEST(OcspResponseTest, WhatIsNoUseIsRefusedWithItsReason) {
  const Identity identity = Root().Issue({});
  const std::string good = Root().Ocsp(identity);
  std::string other_type = good;
  other_type[other_type.find("\x2b\x06\x01\x05\x05\x07\x30\x01\x01") + 8] = 2;
  struct Case {
    std::string der;
    std::string_view reason;
  };
  for (const Case& c : {Case{Root().Ocsp(identity, {.failure = 3}), "tryLater"},
                        {Root().Ocsp(identity, {.failure = 6}), "unauthorized"},
                        {Root().Ocsp(identity, {.certificates = 2}), "more than one certificate"},
                        {Root().Ocsp(identity, {.certificates = 0}), "no OCSP response in DER"},
                        {other_type, "another type"},
                        {"response", "no OCSP response in DER"},
                        {good + "x", "no OCSP response in DER"},
                        {good.substr(0, good.size() - 1), "no OCSP response in DER"}}) {
    EXPECT_THAT(ParseOcspResponse(c.der).status().ToString(), HasSubstr(c.reason));
  }
}

TEST(OcspResponseTest, TimesAreReadStrictly) {
  const std::string good = Root().Ocsp(Root().Issue({}), {.this_update = 1609459200});
  const size_t at = good.rfind("20210101000000Z");
  ASSERT_NE(at, std::string::npos);
  for (const char* const time : {"20210229000000Z", "20211301000000Z", "20210101240000Z",
                                 "20210101006000Z", "2021010100000xZ", "20210101000000+"}) {
    std::string broken = good;
    broken.replace(at, 15, time);
    EXPECT_FALSE(ParseOcspResponse(broken).ok()) << time;
  }
}

}  // namespace
}  // namespace weir::x509
