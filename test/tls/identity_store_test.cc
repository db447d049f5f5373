// Equal certificates are one identity, for as long as somebody shows it.

#include "source/tls/identity_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/tls/tls_bench.h"

namespace weir::tls {
namespace {

config::TlsCertificate Make(const std::string& name) {
  static const auto* const root = new x509::Authority("Root");
  return CertificateOf(root->Issue({.common_name = name}));
}

TEST(IdentityStoreTest, AnEqualCertificateIsNotParsedAgain) {
  IdentityStore store;
  const config::TlsCertificate one = Make("one");
  const auto first = *store.Get(one);
  EXPECT_EQ(*store.Get(one), first);
  config::TlsCertificate named = one;
  named.name = "secret";
  EXPECT_NE(*store.Get(named), first) << "statistics know it by another name";
  EXPECT_NE(*store.Get(Make("two")), first);
}

TEST(IdentityStoreTest, OneThatNobodyShowsIsLetGo) {
  IdentityStore store;
  std::weak_ptr<const Identity> gone;
  const config::TlsCertificate one = Make("one");
  gone = *store.Get(one);
  EXPECT_TRUE(gone.expired());
  EXPECT_NE(*store.Get(one), nullptr);
}

TEST(IdentityStoreTest, ErrorsAreTold) {
  IdentityStore store;
  config::TlsCertificate mixed = Make("one");
  mixed.key_pem = Make("two").key_pem;
  EXPECT_THAT(store.Get(mixed).status().ToString(), testing::HasSubstr("does not belong to"));
}

TEST(IdentityStoreTest, ReplacingOneOfManyMakesOneNew) {
  IdentityStore store;
  config::DownstreamTls tls;
  for (int i = 0; i < 100; ++i) tls.common.certificates.push_back(Make(StrCat("c", i)));
  const auto before = *ServerContext::Create(tls, store);
  tls.common.certificates[50] = Make("next");
  const auto after = *ServerContext::Create(tls, store);
  const auto old_ones = before->certificates().own, new_ones = after->certificates().own;
  ASSERT_EQ(new_ones.size(), 100u);
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(old_ones[i].facts == new_ones[i].facts, i != 50) << i;
  }
}

}  // namespace
}  // namespace weir::tls
