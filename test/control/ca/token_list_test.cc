// Which tokens were made and which count no more.
#include "source/control/ca/token_list.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/control/ca/token.h"

namespace weir::control::ca {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr char kText[] =
    "aaaaaaaaaaaaaaaa 1700000000 /weir/admin\n"
    "bbbbbbbbbbbbbbbb 1700000060 /demo/shop revoked\n";

WallTime At(int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

TEST(TokenList, ReadsWhatItHasWritten) {
  const auto list = TokenList::Parse(kText);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->tokens()[1],
            (KnownToken{"bbbbbbbbbbbbbbbb", At(1'700'000'060), "/demo/shop", true}));
  EXPECT_THAT(list->RevokedIds(), UnorderedElementsAre("bbbbbbbbbbbbbbbb"));
  EXPECT_EQ(list->Text(), kText);
  EXPECT_THAT(TokenList::Parse("")->tokens(), IsEmpty());
}

TEST(TokenList, KnowsEachTokenOnce) {
  TokenList list = *TokenList::Parse(kText);
  EXPECT_TRUE(list.Revoke("aaaaaaaaaaaaaaaa"));
  EXPECT_FALSE(list.Revoke("cccccccccccccccc"));
  list.Add({"bbbbbbbbbbbbbbbb", At(1'700'000'060), "/demo/shop"});
  EXPECT_THAT(list.RevokedIds(), UnorderedElementsAre("aaaaaaaaaaaaaaaa"));
  EXPECT_EQ(list.tokens().size(), 2u);
  list.DropEnded(At(1'700'000'000));
  EXPECT_EQ(list.tokens().size(), 1u);
}

TEST(TokenList, ABrokenLineIsNamed) {
  for (const char* line :
       {"x", "aaaaaaaaaaaaaaaa 1 /a more", "short 1 /a", "aaaaaaaaaaaaaaaa -1 /a",
        "aaaaaaaaaaaaaaaa 9000000001 /a", "aaaaaaaaaaaaaaaa 1 no-path", "aaaaaaaaaaaaaaaa  1 /a"}) {
    const auto list = TokenList::Parse(std::string(kText) + line + "\n");
    EXPECT_THAT(list.status().ToString(), HasSubstr("3: must be")) << line;
  }
}

TEST(TokenList, AnIdIsOfOneTokenAndSaysNothingOfIt) {
  const auto make = [](std::string_view nonce) {
    return MakeToken("/demo/shop", At(1'700'000'000), nonce, "key");
  };
  const std::string token = make("one");
  const std::string other = make("two");
  EXPECT_EQ(IdOfToken(token).size(), 16u);
  EXPECT_EQ(IdOfToken(token), IdOfToken(token));
  EXPECT_NE(IdOfToken(token), IdOfToken(other));
  EXPECT_EQ(token.find(IdOfToken(token)), std::string::npos);
}

TEST(TokenList, NoIdLooksLikeAFlag) {
  for (int end = 0; end < 1000; ++end) {
    const std::string id = IdOfToken(MakeToken("/demo/shop", At(end), "nonce", "key"));
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos) << id;
  }
}

}  // namespace
}  // namespace weir::control::ca
