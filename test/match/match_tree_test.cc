#include "source/match/match_tree.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/buffer/arena.h"
#include "source/buffer/block_pool.h"

namespace weir::match {
namespace {

using ::testing::Optional;
using InputKind = DataInput::Kind;

constexpr auto kNothing = std::nullopt;

OnMatch Then(ActionNumber action) { return {.next = action}; }
OnMatch Then(MatchTree tree) {
  return {.next = std::make_shared<const MatchTree>(std::move(tree))};
}
OnMatch Passing(ActionNumber action) { return {.next = action, .keep_matching = true}; }

DataInput Header(std::string name) { return {InputKind::kRequestHeader, std::move(name)}; }

Predicate Is(std::string header, std::string value) {
  return {InputTest{Header(std::move(header)),
                    StringMatcher(StringMatcher::Kind::kExact, std::move(value), false)}};
}
Predicate Combined(Combination::Kind kind, std::vector<Predicate> parts) {
  return {Combination{kind, std::move(parts)}};
}

MatchTree List(std::vector<PredicateList::Entry> entries,
               std::optional<OnMatch> otherwise = std::nullopt) {
  return MatchTree(PredicateList{std::move(entries)}, std::move(otherwise));
}

net::CidrRange Range(std::string_view ip, uint32_t length) {
  return *net::CidrRange::Create(*net::IpAddress::Parse(ip), length);
}

class MatchTreeTest : public testing::Test {
 protected:
  MatchTreeTest() : arena_(pool_), head_(arena_), stream_(connection_) {
    connection_.local_address = *net::Address::Parse("10.0.0.1:443");
    connection_.remote_address = *net::Address::Parse("192.0.2.9:5000");
    connection_.direct_remote_address = *net::Address::Parse("[2001:db8::1]:6000");
    stream_.downstream_remote_address = *net::Address::Parse("198.51.100.7:0");
    head_.path = "/p?q=1&q=2&empty=";
  }

  MatchFacts facts() const {
    return {.connection = &connection_, .head = &head_, .stream = &stream_};
  }
  std::string Text(DataInput input) const {
    const InputText text(input, facts());
    return std::string(text.view().value_or("(none)"));
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_;
  http::RequestHead head_;
  stream_info::ConnectionInfo connection_;
  stream_info::StreamInfo stream_;
};

TEST_F(MatchTreeTest, TheFirstPredicateThatHoldsDecides) {
  const MatchTree tree =
      List({{Is("a", "1"), Then(1)}, {Is("b", "1"), Then(2)}, {Is("a", "2"), Then(3)}}, Then(9));
  EXPECT_THAT(tree.Find(facts()), Optional(9u));
  head_.headers.Add("b", "1");
  EXPECT_THAT(tree.Find(facts()), Optional(2u));
  head_.headers.Add("a", "1");
  EXPECT_THAT(tree.Find(facts()), Optional(1u));
  EXPECT_EQ(List({{Is("c", "1"), Then(1)}}).Find(facts()), kNothing);
}

TEST_F(MatchTreeTest, PredicatesCombine) {
  using Kind = Combination::Kind;
  head_.headers.Add("a", "1");
  const auto holds = [&](const Predicate& predicate) { return predicate.Holds(facts()); };
  EXPECT_TRUE(holds(Combined(Kind::kAny, {Is("a", "2"), Is("a", "1")})));
  EXPECT_FALSE(holds(Combined(Kind::kAny, {Is("a", "2"), Is("b", "1")})));
  EXPECT_TRUE(holds(Combined(Kind::kAll, {Is("a", "1"), Combined(Kind::kNone, {Is("b", "1")})})));
  EXPECT_FALSE(holds(Combined(Kind::kAll, {Is("a", "1"), Is("b", "1")})));
  EXPECT_FALSE(holds(Combined(Kind::kNone, {Is("a", "1")})));
}

TEST_F(MatchTreeTest, ANestedTreeThatFindsNothingIsNoMatch) {
  head_.headers.Add("a", "1");
  const MatchTree nested = List({{Is("b", "1"), Then(1)}});
  EXPECT_THAT(List({{Is("a", "1"), Then(nested)}, {Is("a", "1"), Then(2)}}, Then(3)).Find(facts()),
              Optional(2u));
  const MatchTree exact(ExactMap{Header("a"), {{"1", Then(nested)}}}, Then(4));
  EXPECT_THAT(exact.Find(facts()), Optional(4u));
  head_.headers.Add("b", "1");
  EXPECT_THAT(exact.Find(facts()), Optional(1u));
}

TEST_F(MatchTreeTest, KeepMatchingIsNoMatch) {
  head_.headers.Add("a", "1");
  EXPECT_THAT(List({{Is("a", "1"), Passing(1)}, {Is("a", "1"), Then(2)}}).Find(facts()),
              Optional(2u));
  EXPECT_EQ(List({}, Passing(1)).Find(facts()), kNothing);
}

TEST_F(MatchTreeTest, AMapTriesShorterPrefixes) {
  const DataInput path = Header(":path");
  const MatchTree tree(PrefixMap{
      path,
      NestedIndex<TextPrefix, OnMatch>(
          {{"/", Then(1)}, {"/p", Then(List({{Is("a", "1"), Then(2)}}))}, {"/px", Then(3)}})});
  EXPECT_THAT(tree.Find(facts()), Optional(1u));
  head_.headers.Add("a", "1");
  EXPECT_THAT(tree.Find(facts()), Optional(2u));
  head_.path = "";
  EXPECT_EQ(tree.Find(facts()), kNothing);
}

TEST_F(MatchTreeTest, TheLongestRangeDecides) {
  RangeMap map{.input = {InputKind::kSourceIp, ""}, .entries = {}, .v4 = {}, .v6 = {}};
  map.entries = {{Then(1), true}, {Then(List({{Is("a", "1"), Then(2)}}))}, {Then(3)}};
  const MatchTree tree = [&] {
    map.v4 = RangeMap::Index(
        {{Range("198.51.0.0", 16), 0}, {Range("198.51.100.0", 24), 1}, {Range("0.0.0.0", 0), 2}});
    return MatchTree(map, Then(9));
  }();
  // The nested tree finds nothing, and the next one is exclusive.
  EXPECT_THAT(tree.Find(facts()), Optional(3u));
  head_.headers.Add("a", "1");
  EXPECT_THAT(tree.Find(facts()), Optional(2u));
  stream_.downstream_remote_address = *net::Address::Parse("198.51.99.1:1");
  EXPECT_THAT(tree.Find(facts()), Optional(1u));
  stream_.downstream_remote_address = *net::Address::Parse("[2001:db8::1]:1");
  EXPECT_THAT(tree.Find(facts()), Optional(9u));
}

TEST_F(MatchTreeTest, ADomainIsLookedUpFromTheWholeNameOn) {
  const MatchTree nested = List({{Is("a", "1"), Then(7)}});
  const MatchTree tree(
      DomainMap{.input = Header(":authority"),
                .entries = {Then(0), Then(1), Then(nested), Then(3)},
                .by_domain = {{"www.example.com", 0}, {".com", 1}, {".example.com", 2}, {"", 3}}});
  const std::pair<std::string_view, ActionNumber> cases[] = {{"www.example.com", 0},
                                                             {"WWW.example.COM", 0},
                                                             {"x.example.com", 1},  // Nested: none.
                                                             {"example.com", 1},
                                                             {"example.org", 3}};
  for (const auto& [authority, action] : cases) {
    head_.authority = authority;
    EXPECT_THAT(tree.Find(facts()), Optional(action)) << authority;
  }
  head_.authority = "";
  EXPECT_EQ(tree.Find(facts()), kNothing);
}

TEST_F(MatchTreeTest, AddressesAreTestedByRanges) {
  const auto holds = [&](DataInput input, net::CidrRange range) {
    return InputTest{std::move(input), AddressTest{{range}}}.Holds(facts());
  };
  EXPECT_TRUE(holds({InputKind::kDestinationIp, ""}, Range("10.0.0.0", 8)));
  EXPECT_FALSE(holds({InputKind::kDestinationIp, ""}, Range("11.0.0.0", 8)));
  EXPECT_TRUE(holds({InputKind::kDirectSourceIp, ""}, Range("2001:db8::", 32)));
  head_.headers.Add("x-ip", "10.9.9.9");
  EXPECT_TRUE(holds(Header("x-ip"), Range("10.0.0.0", 8)));
  EXPECT_FALSE(holds(Header("x-none"), Range("0.0.0.0", 0)));
}

TEST_F(MatchTreeTest, InputsOfTheConnection) {
  EXPECT_EQ(Text({InputKind::kDestinationIp, ""}), "10.0.0.1");
  EXPECT_EQ(Text({InputKind::kDestinationPort, ""}), "443");
  EXPECT_EQ(Text({InputKind::kSourceIp, ""}), "198.51.100.7");
  EXPECT_EQ(Text({InputKind::kSourcePort, ""}), "0");
  EXPECT_EQ(Text({InputKind::kDirectSourceIp, ""}), "2001:db8::1");
  EXPECT_EQ(Text({InputKind::kSourceType, ""}), "(none)");
  EXPECT_EQ(Text({InputKind::kTransportProtocol, ""}), "raw_buffer");
  EXPECT_EQ(Text({InputKind::kServerName, ""}), "(none)");
  EXPECT_EQ(Text({InputKind::kApplicationProtocol, ""}), "(none)");
  connection_.further.Edit().server_name = "a.example";
  connection_.further.Edit().application_protocols = {"h2", "http/1.1"};
  connection_.remote_address = *net::Address::Parse("127.0.0.1:1");
  EXPECT_EQ(Text({InputKind::kServerName, ""}), "a.example");
  EXPECT_EQ(Text({InputKind::kApplicationProtocol, ""}), "'h2','http/1.1'");
  EXPECT_EQ(Text({InputKind::kSourceType, ""}), "local");
  // Before there is a request, the source is the connection's.
  const InputText source({InputKind::kSourceIp, ""}, {.connection = &connection_});
  EXPECT_EQ(source.view(), "127.0.0.1");
}

TEST_F(MatchTreeTest, InputsOfTheClientsCertificate) {
  EXPECT_EQ(Text({InputKind::kSubject, ""}), "(none)");
  auto certificate = std::make_shared<net::CertificateFacts>();
  certificate->subject = "CN=client";
  certificate->uri_names = {"spiffe://a/b", "spiffe://a/c"};
  connection_.tls = MakeLocal<net::TlsFacts>();
  connection_.tls->peer = certificate;
  EXPECT_EQ(Text({InputKind::kSubject, ""}), "CN=client");
  EXPECT_EQ(Text({InputKind::kUriSan, ""}), "spiffe://a/b,spiffe://a/c");
  EXPECT_EQ(Text({InputKind::kDnsSan, ""}), "(none)");
}

TEST_F(MatchTreeTest, InputsOfTheRequest) {
  head_.headers.Add("x-a", "1");
  head_.headers.Add("x-a", "2");
  EXPECT_EQ(Text(Header("x-a")), "1,2");
  EXPECT_EQ(Text({InputKind::kQueryParameter, "q"}), "1");
  EXPECT_EQ(Text({InputKind::kQueryParameter, "empty"}), "");
  EXPECT_EQ(Text({InputKind::kQueryParameter, "none"}), "(none)");
}

TEST(MatchTree, ComparesByValue) {
  const auto tree = [](ActionNumber action, std::string value) {
    return List({{Is("a", "1"), Then(List({{Is("b", std::move(value)), Then(action)}}))}}, Then(4));
  };
  EXPECT_EQ(tree(1, "x"), tree(1, "x"));
  EXPECT_FALSE(tree(1, "x") == tree(2, "x"));
  EXPECT_FALSE(tree(1, "x") == tree(1, "y"));
  EXPECT_FALSE(List({}, Then(1)) == List({}, Passing(1)));
}

}  // namespace
}  // namespace weir::match
