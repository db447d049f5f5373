#include "source/schema/document.h"

#include "gtest/gtest.h"
#include "source/base/strings.h"

namespace weir::schema {
namespace {

using Format = SourceText::Format;

std::shared_ptr<const Document> ReadOne(std::string_view text, Format format,
                                        Diagnostics& diagnostics, const TextLimits& limits = {}) {
  auto documents = ReadDocuments({text, "f", format}, diagnostics, limits);
  return documents.empty() ? nullptr : documents.front();
}

std::string ErrorOf(std::string_view text, Format format, const TextLimits& limits = {}) {
  Diagnostics diagnostics;
  ReadOne(text, format, diagnostics, limits);
  return diagnostics.ToString();
}

TEST(Document, BothFormatsGiveTheSameTreeWithPlaces) {
  const struct {
    Format format;
    std::string_view text;
  } cases[] = {{Format::kYaml, "a: 1\nb:\n- x\n- c: \"t\"\n"},
               {Format::kJson, "{\"a\":1,\n\"b\":[\n  \"x\",\n  {\"c\": \"t\"}]}"}};
  for (const auto& one : cases) {
    Diagnostics diagnostics;
    const auto document = ReadOne(one.text, one.format, diagnostics);
    ASSERT_NE(document, nullptr) << diagnostics.ToString();
    const Node& root = document->root();
    ASSERT_EQ(root.entries.size(), 2u);
    EXPECT_EQ(root.Find("a")->text, "1");
    EXPECT_FALSE(root.Find("a")->quoted);
    const Node* list = root.Find("b");
    ASSERT_EQ(list->items.size(), 2u);
    const Node* inner = list->items[1]->Find("c");
    ASSERT_NE(inner, nullptr);
    EXPECT_TRUE(inner->quoted);
    EXPECT_EQ(inner->text, "t");
    EXPECT_EQ(root.size, 6u);
  }
}

TEST(Document, PlacesCountFromOneInBothFormats) {
  Diagnostics diagnostics;
  const auto yaml = ReadOne("a:\n  b: 7\n", Format::kYaml, diagnostics);
  EXPECT_EQ(yaml->root().Find("a")->Find("b")->position, (Position{2, 6}));
  EXPECT_EQ(yaml->root().entries[0].position, (Position{1, 1}));
  const auto json =
      ReadOne("{\"a\":\n  {\"b\" : 7,\n\"c\":[true,null]}}", Format::kJson, diagnostics);
  const Node& inner = *json->root().Find("a");
  EXPECT_EQ(inner.position, (Position{2, 3}));
  EXPECT_EQ(inner.Find("b")->position, (Position{2, 10}));
  EXPECT_EQ(inner.entries[1].position, (Position{3, 1}));
  EXPECT_EQ(inner.Find("c")->items[0]->position, (Position{3, 6}));
  EXPECT_EQ(inner.Find("c")->items[1]->position, (Position{3, 11}));
}

TEST(Document, SyntaxErrorsHaveTheirPlace) {
  EXPECT_EQ(ErrorOf("{\"a\": 1,\n \"b\" 2}", Format::kJson).substr(0, 14), "f:2:6: not JSO");
  EXPECT_EQ(ErrorOf("{\"a\": 1} x", Format::kJson).substr(0, 15), "f:1:10: not JSO");
  EXPECT_EQ(ErrorOf("a: [1, 2\nb: 3\n", Format::kYaml).substr(0, 2), "f:");
  EXPECT_NE(ErrorOf("{\"a\": 01}", Format::kJson), "");
  EXPECT_NE(ErrorOf(std::string_view("{\"a\": 1}\0{", 10), Format::kJson), "");
  EXPECT_NE(ErrorOf("{\"a\": \"\xff\"}", Format::kJson), "");
}

TEST(Document, TextMustBeUtf8) {
  for (Format format : {Format::kYaml, Format::kJson}) {
    EXPECT_EQ(ErrorOf("{\"a\": 1,\n\"b\": \"\xff\"}", format), "f:2:7: the text is not UTF-8");
  }
}

TEST(Document, KeysThatStandTwiceAreErrors) {
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\na: 3\n", Format::kYaml),
            "f:3:1: the key \"a\" stands twice, first on line 1");
  EXPECT_EQ(ErrorOf("{\"a\": 1,\n\"a\": 2}", Format::kJson),
            "f:2:1: the key \"a\" stands twice, first on line 1");
  std::string many;
  for (int i = 0; i < 40; ++i) StrAppend(many, "k", i, ": 1\n");
  EXPECT_EQ(ErrorOf(many, Format::kYaml), "");
  EXPECT_EQ(ErrorOf(many + "k20: 1\n", Format::kYaml),
            "f:41:1: the key \"k20\" stands twice, first on line 21");
}

TEST(Document, AnchorsAndMergeKeysWork) {
  Diagnostics diagnostics;
  const auto document = ReadOne(
      "base: &base {x: 1, y: 2}\nmore: &more {z: 3, x: 9}\nsame: *base\n"
      "one: {<<: *base, y: 5}\nboth:\n  <<: [*base, *more]\n  w: 0\nquoted: {\"<<\": text}\n",
      Format::kYaml, diagnostics);
  ASSERT_NE(document, nullptr) << diagnostics.ToString();
  const Node& root = document->root();
  EXPECT_EQ(root.Find("same")->Find("y")->text, "2");
  EXPECT_EQ(root.Find("one")->Find("x")->text, "1");
  EXPECT_EQ(root.Find("one")->Find("y")->text, "5");
  EXPECT_EQ(root.Find("both")->Find("x")->text, "1");
  EXPECT_EQ(root.Find("both")->Find("z")->text, "3");
  EXPECT_EQ(root.Find("both")->entries.size(), 4u);
  EXPECT_EQ(root.Find("quoted")->Find("<<")->text, "text");
}

TEST(Document, BadAliasesAndMergesAreErrors) {
  EXPECT_EQ(ErrorOf("a: &a [1, *a]\n", Format::kYaml),
            "f:1:11: the alias stands inside the node that it refers to");
  EXPECT_EQ(ErrorOf("a: {<<: 5}\n", Format::kYaml),
            "f:1:5: a merge key (<<) needs a mapping or a list of mappings");
  EXPECT_NE(ErrorOf("a: *missing\n", Format::kYaml), "");
  EXPECT_EQ(ErrorOf("[1, 2]: x\n", Format::kYaml),
            "f:1:1: a key must be a text, not a list or a mapping");
  EXPECT_EQ(ErrorOf("a: !weird 5\n", Format::kYaml), "f:1:4: unknown YAML tag, got \"!weird\"");
}

TEST(Document, WhereNoValueBeginsIsAnErrorAndNoEndlessListOfDocuments) {
  EXPECT_EQ(ErrorOf(",1", Format::kYaml), "f:1:1: not YAML: no value begins here");
  EXPECT_EQ(ErrorOf("a: 1\n---\n,\n", Format::kYaml), "f:3:1: not YAML: no value begins here");
}

TEST(Document, ALittleTextCannotBecomeManyNodes) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    StrAppend(text, "a", i, ": &a", i, " [");
    for (int k = 0; k < 10; ++k) StrAppend(text, k > 0 ? ", " : "", "*a", i - 1);
    text += "]\n";
  }
  EXPECT_NE(ErrorOf(text, Format::kYaml).find("aliases repeat more than 100000 nodes"),
            std::string::npos);
}

TEST(Document, DepthAndSizeHaveTheirLimits) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  for (Format format : {Format::kYaml, Format::kJson}) {
    EXPECT_EQ(ErrorOf(nested(100), format), "");
    EXPECT_EQ(ErrorOf(nested(101), format), "f:1:101: nested deeper than 100 levels");
  }
  EXPECT_NE(ErrorOf(nested(100'000), Format::kJson), "");
  EXPECT_NE(ErrorOf(nested(100'000), Format::kYaml), "");
  // Through aliases as well.
  EXPECT_EQ(ErrorOf("a: &a [[[1]]]\nb: [[*a]]\n", Format::kYaml, {.max_depth = 5}),
            "f:2:6: nested deeper than 5 levels");
  TextLimits limits;
  limits.max_bytes = 10;
  EXPECT_EQ(ErrorOf("a: 1234567", Format::kYaml, limits), "");
  EXPECT_EQ(ErrorOf("a: 12345678", Format::kYaml, limits),
            "f: the text has 11 bytes; at most 10 are read");
}

TEST(Document, YamlHasManyDocumentsAndEmptyOnesAreLeftOut) {
  Diagnostics diagnostics;
  const auto documents = ReadDocuments({"---\na: 1\n---\n---\nb: 2\n...\n", "f.yaml"}, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << diagnostics.ToString();
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[1]->root().Find("b")->position.line, 5);
  EXPECT_TRUE(ReadDocuments({"", "f.yaml"}, diagnostics).empty());
  EXPECT_TRUE(ReadDocuments({" \n", "f.json"}, diagnostics).empty());
  EXPECT_TRUE(diagnostics.empty());
}

TEST(SourceMap, FindsTheDeepestPartThatIsThere) {
  Diagnostics diagnostics;
  const auto document = ReadOne(
      "virtualHosts:\n- name: a\n- name: b\n  routes:\n  - match: {prefix: /}\n    per:\n      "
      "\"k.e\": {x: 1}\n"
      "typed:\n  \"@type\": t/xds.type.v3.TypedStruct\n  value:\n    inner: 3\n",
      Format::kYaml, diagnostics);
  ASSERT_NE(document, nullptr) << diagnostics.ToString();
  const SourceMap map(document, document->root());
  EXPECT_EQ(map.Find("virtual_hosts[1].name"), (Position{3, 9}));
  EXPECT_EQ(map.Find("virtual_hosts[1].routes[0].match.prefix"), (Position{5, 21}));
  EXPECT_EQ(map.Find("virtual_hosts[1].routes[0].match"), (Position{5, 5}));
  EXPECT_EQ(map.Find("virtual_hosts[1].routes[0].route.cluster"), (Position{5, 5}));
  EXPECT_EQ(map.Find("virtual_hosts[1].routes[0].per[\"k.e\"].x"), (Position{7, 18}));
  EXPECT_EQ(map.Find("typed.inner"), (Position{11, 12}));
  EXPECT_EQ(map.Find("nothing"), (Position{1, 1}));
  EXPECT_EQ(map.Find("virtual_hosts[7].name"), (Position{1, 1}));
}

TEST(Diagnostics, KeepsAThousandAndCountsTheRest) {
  Diagnostics diagnostics;
  for (int i = 0; i < 1500; ++i) diagnostics.Error("p", "m");
  EXPECT_EQ(diagnostics.all().size(), Diagnostics::kMaxKept);
  EXPECT_EQ(diagnostics.error_count(), 1500u);
  EXPECT_EQ(diagnostics.ToString(1), "p: m\nand 1499 more");
  Diagnostics sum;
  sum.Append(std::move(diagnostics));
  EXPECT_EQ(sum.error_count(), 1500u);
}

TEST(Diagnostics, TextHasEveryPart) {
  Diagnostic diagnostic{.file = "f.yaml",
                        .line = 3,
                        .column = 5,
                        .type_url = "",
                        .resource = "web",
                        .path = "a.b",
                        .message = "must not be empty",
                        .rule = "string.min_len=1",
                        .value = "\"x\"",
                        .suggestion = "c"};
  EXPECT_EQ(diagnostic.ToString(),
            "f.yaml:3:5: \"web\": a.b: must not be empty, got \"x\" [string.min_len=1]; did you "
            "mean \"c\"?");
}

}  // namespace
}  // namespace weir::schema
