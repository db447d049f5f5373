// A key with its chain out of PKCS #12 files: our own library's, and OpenSSL's with its defaults.

#include "source/x509/pkcs12.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "source/x509/private_key.h"
#include "test/x509/authority.h"

namespace weir::x509 {
namespace {

using testing::HasSubstr;

TEST(Pkcs12Test, KeyAndChainComeOutAsTheyWere) {
  const Authority root("Root");
  const Authority below("Below", root);
  const Identity identity = below.Issue({});
  const auto contents = ParsePkcs12(Pkcs12(identity, "sesame"), "sesame");
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->chain_pem, identity.chain_pem);
  EXPECT_EQ(contents->key_pem.view(), identity.key_pem);
}

TEST(Pkcs12Test, WhatCannotBeUsedIsRefusedWithItsReason) {
  const Authority root("Root");
  const Identity identity = root.Issue({});
  const std::string good = Pkcs12(identity, "sesame");
  EXPECT_THAT(ParsePkcs12(good, "open").status().ToString(),
              HasSubstr("the password does not open the PKCS #12 file"));
  EXPECT_THAT(ParsePkcs12(good, "").status().ToString(),
              HasSubstr("the password does not open the PKCS #12 file"));
  EXPECT_THAT(ParsePkcs12(identity.chain_pem, "sesame").status().ToString(),
              HasSubstr("the bytes are no PKCS #12 file in DER"));
  EXPECT_THAT(ParsePkcs12(Pkcs12({identity.chain_pem, ""}, "p"), "p").status().ToString(),
              HasSubstr("there is no private key"));
  EXPECT_THAT(ParsePkcs12(Pkcs12({"", identity.key_pem}, "p"), "p").status().ToString(),
              HasSubstr("there is no certificate of the private key"));
}

// Written by `openssl pkcs12 -export -passout pass:sesame` of OpenSSL 3.0: AES-256, PBKDF2,
// SHA-256.
TEST(Pkcs12Test, OpenSslsFilesAreRead) {
  std::ifstream file("test/x509/openssl3.p12", std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const auto contents = ParsePkcs12(bytes.str(), "sesame");
  ASSERT_TRUE(contents.ok()) << contents.status();
  const auto chain = ParseCertificates(contents->chain_pem);
  ASSERT_TRUE(chain.ok()) << chain.status();
  EXPECT_EQ(chain->front().CommonName(), "from openssl");
  EXPECT_TRUE(PrivateKey::Parse(contents->key_pem.view())->Matches(chain->front()));
}

}  // namespace
}  // namespace weir::x509
