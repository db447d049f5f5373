#include "source/http/header_map.h"

#include <gtest/gtest.h>

#include "source/http/message.h"
#include "source/http/preface.h"
#include "source/http/syntax.h"

namespace weir::http {
namespace {

TEST(HeaderId, EveryKnownNameIsFoundAndNoNeighbourOfIt) {
  for (int i = 0; i < static_cast<int>(HeaderId::kOther); ++i) {
    const auto id = static_cast<HeaderId>(i);
    const std::string name(NameOf(id));
    EXPECT_EQ(LookUpHeader(name), id) << name;
    EXPECT_EQ(LookUpHeader(name + "x"), HeaderId::kOther);
    EXPECT_NE(LookUpHeader(name.substr(1)), id);
    std::string other = name;
    other[1] = '_';
    EXPECT_EQ(LookUpHeader(other), HeaderId::kOther) << other;
  }
  EXPECT_EQ(LookUpHeader(""), HeaderId::kOther);
  EXPECT_EQ(LookUpHeader("a"), HeaderId::kOther);
}

class HeaderMapTest : public testing::Test {
 protected:
  buffer::BlockPool pool_;
  buffer::Arena arena_{pool_};
  HeaderMap map_{arena_};
};

TEST_F(HeaderMapTest, KeepsOrderAndRepeatedFields) {
  map_.Add("x-a", "1");
  map_.Add(HeaderId::kVia, "2");
  map_.Add("x-a", "3");
  EXPECT_EQ(map_.Get("x-a"), "1");
  EXPECT_EQ(map_.GetJoined("x-a"), "1, 3");
  EXPECT_EQ(map_.Get("via"), "2");
  EXPECT_EQ(map_.Get(HeaderId::kHost), std::nullopt);
  EXPECT_EQ(map_.byte_size(), 3 + 1 + 3 + 1 + 3 + 1 + 96u);
}

TEST_F(HeaderMapTest, GetJoinedKeepsEmptyValues) {
  map_.Add("x-a", "");
  map_.Add("x-a", "1");
  map_.Add("x-a", "");
  EXPECT_EQ(map_.GetJoined("x-a"), ", 1, ");
}

TEST_F(HeaderMapTest, KnowsWhatIsNotThereWithoutALook) {
  constexpr HeaderIdSet kAsked = {HeaderId::kVia, HeaderId::kOther};
  EXPECT_FALSE(map_.MayHave(kAsked));
  map_.Add(HeaderId::kDate, "1");
  EXPECT_FALSE(map_.MayHave(kAsked));
  map_.Add("x-a", "2");
  EXPECT_TRUE(map_.MayHave(kAsked));
  map_.SetView(HeaderId::kVia, "3");
  EXPECT_EQ(map_.Remove(HeaderId::kVia), 1u);
  EXPECT_FALSE(map_.Has(HeaderId::kVia));
  map_.SetNumber(HeaderId::kVia, 4);
  EXPECT_EQ(map_.GetJoined(HeaderId::kVia), "4");
  buffer::Arena arena(pool_);
  HeaderMap copy(arena);
  copy.CopyFrom(map_);
  EXPECT_EQ(copy.Get(HeaderId::kVia), "4");
  map_.Clear();
  EXPECT_FALSE(map_.MayHave({HeaderId::kVia, HeaderId::kDate, HeaderId::kOther}));
}

TEST_F(HeaderMapTest, SetReplacesAllAndKeepsThePlaceOfTheFirst) {
  map_.Add("x-a", "1");
  map_.Add("x-b", "2");
  map_.Add("x-a", "3");
  map_.Set("x-a", *map_.Get("x-b"));
  EXPECT_EQ(map_.size(), 2u);
  EXPECT_EQ(map_.begin()->name, "x-a");
  EXPECT_EQ(map_.begin()->value, "2");
  map_.Set(HeaderId::kVia, "old");
  map_.Add(HeaderId::kVia, "older");
  map_.Set(HeaderId::kVia, "new");
  EXPECT_EQ(map_.Get(HeaderId::kVia), "new");
  EXPECT_EQ(map_.Remove("x-a"), 1u);
  EXPECT_EQ(map_.Remove(HeaderId::kVia), 1u);
  EXPECT_EQ(map_.size(), 1u);
}

TEST_F(HeaderMapTest, ACopyOutlivesItsSource) {
  HeaderMap copy(arena_);
  {
    buffer::Arena other(pool_);
    HeaderMap source(other);
    source.Add("x-name", "value");
    copy.CopyFrom(source);
  }
  EXPECT_EQ(copy.Get("x-name"), "value");
}

TEST(HeaderMapGrammar, NamesAndValues) {
  EXPECT_TRUE(HeaderMap::IsValidName("x-a_b.c!"));
  for (const char* name : {"", "a b", "a:", "a\r", "\xc3\xa9", "a(b"}) {
    EXPECT_FALSE(HeaderMap::IsValidName(name)) << name;
  }
  EXPECT_TRUE(HeaderMap::IsValidValue(""));
  EXPECT_TRUE(HeaderMap::IsValidValue("a\tb \xff"));
  // Long enough for the wide loop, with the bad byte at every place.
  for (size_t at = 0; at < 40; ++at) {
    for (char bad : {'\r', '\n', '\0', '\x7f', '\x01'}) {
      std::string value(40, 'v');
      value[at] = bad;
      EXPECT_FALSE(HeaderMap::IsValidValue(value)) << at;
    }
  }
  EXPECT_FALSE(HeaderMap::IsValidValue(" a"));
  EXPECT_FALSE(HeaderMap::IsValidValue("a\t"));
}

TEST(Syntax, Authorities) {
  for (const char* good : {"a.example", "a.example:80", "a", "a.example.", "[::1]", "[::1]:8080",
                           "10.0.0.1:1", "a_b-c~d", "a:", "a:65535"}) {
    EXPECT_TRUE(IsValidAuthority(good)) << good;
  }
  for (const char* bad :
       {"",       ":80",    "a:65536", "a:1:2", "u@a",   "a b",    "a/",     "a?b",
        "a#b",    "a,b",    ".a",      "a..b",  "::1",   "[::1",   "[::1]x", "[fe80::1%25eth0]",
        "[v1.a]", "x[::1]", "a%2f",    "a:-1",  "a\xff", "a:99999"}) {
    EXPECT_FALSE(IsValidAuthority(bad)) << bad;
  }
}

TEST(Syntax, Paths) {
  for (const char* good : {"/", "/a/b?c=d", "//x", "/a|b^c`d{e}", "/%2f", "/a?100%", "/a?x=%00"}) {
    EXPECT_TRUE(IsValidPath(good)) << good;
  }
  for (const char* bad :
       {"", "a", "?a", "*", "/a b", "/a#b", "/a\\b", "/a\"b", "/%", "/%2", "/%gg", "/a%00", "/\x7f",
        "/\xc3\xa9", "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\tb"}) {
    EXPECT_FALSE(IsValidPath(bad)) << bad;
  }
}

TEST(Syntax, ContentLengths) {
  EXPECT_EQ(ParseContentLength("0"), 0u);
  EXPECT_EQ(ParseContentLength("005"), 5u);
  EXPECT_EQ(ParseContentLength("922337203685477579"), 922337203685477579u);
  for (const char* bad :
       {"", "+5", "-5", "5 ", "0x5", "5,5", "9223372036854775808", "18446744073709551621"}) {
    EXPECT_EQ(ParseContentLength(bad), std::nullopt) << bad;
  }
}

TEST(Message, ReasonPhrases) {
  EXPECT_EQ(ReasonPhrase(200), "OK");
  EXPECT_EQ(ReasonPhrase(426), "Upgrade Required");
  EXPECT_EQ(ReasonPhrase(511), "Network Authentication Required");
  EXPECT_EQ(ReasonPhrase(299), "");
}

TEST(Preface, EveryPrefixWaitsAndEveryOtherByteDecides) {
  for (size_t n = 0; n < kHttp2Preface.size(); ++n) {
    EXPECT_EQ(MatchHttp2Preface(kHttp2Preface.substr(0, n)), PrefaceMatch::kNeedMore);
    std::string other(kHttp2Preface.substr(0, n + 1));
    other[n] ^= 1;
    EXPECT_EQ(MatchHttp2Preface(other), PrefaceMatch::kNo);
  }
  EXPECT_EQ(MatchHttp2Preface(std::string(kHttp2Preface) + "more"), PrefaceMatch::kYes);
}

}  // namespace
}  // namespace weir::http
