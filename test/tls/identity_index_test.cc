// Which certificate a client gets, as a table over names and key types.

#include <gtest/gtest.h>

#include "source/tls/identity_index.h"
#include "test/x509/authority.h"

namespace weir::tls {
namespace {

using x509::TestKey;

std::shared_ptr<const Identity> Make(const std::vector<std::string>& names, TestKey key,
                                     const std::string& common_name) {
  static const auto* const root = new x509::Authority("Root");
  const x509::Identity issued = root->Issue({.common_name = common_name, .dns = names, .key = key});
  return *Identity::Create(
      {.chain_pem = issued.chain_pem, .key_pem = SecretBytes(std::string(issued.key_pem))});
}

const ClientAbilities kAll{.ecdsa = true, .curves = {23, 24, 25}, .ed25519 = true};
const ClientAbilities kP256{.ecdsa = true, .curves = {23}};
const ClientAbilities kRsa{};

TEST(IdentityIndexTest, Table) {
  const std::vector<IdentityIndex::Shared> identities = {
      Make({"a.example"}, TestKey::kRsa2048, "rsa"),
      Make({"a.example"}, TestKey::kP384, "p384"),
      Make({"a.example", "*.example"}, TestKey::kP256, "p256"),
      Make({}, TestKey::kP256, "Common.Example"),
      Make({"b.example"}, TestKey::kEd25519, "ed25519"),
  };
  struct Case {
    std::string_view name;
    ClientAbilities client;
    bool full_scan;
    std::string_view chosen;
  };
  for (const Case& c : {Case{"a.example", kAll, false, "p384"},
                        {"a.example", kP256, false, "p256"},
                        {"a.example", kRsa, false, "rsa"},
                        {"x.example", kAll, false, "p256"},
                        {"x.example", kRsa, false, "p256"},
                        {"common.example", kAll, false, "Common.Example"},
                        {"x.y.example", kAll, false, "rsa"},
                        {"x.y.example", kAll, true, "p384"},
                        {"x.y.example", kRsa, true, "rsa"},
                        {"b.example", kAll, false, "ed25519"},
                        {".example", kAll, false, "rsa"},
                        {"*.example", kAll, false, "p256"},
                        {"", kAll, false, "p384"},
                        {"", kRsa, false, "rsa"}}) {
    const IdentityIndex index(identities, c.full_scan);
    EXPECT_EQ(index.Choose(c.name, c.client, {}).facts()->subject,
              "CN=" + std::string(c.chosen) + ",O=Weir")
        << c.name << " " << c.full_scan;
  }
}

}  // namespace
}  // namespace weir::tls
