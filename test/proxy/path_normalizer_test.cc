// Paths as tables: what each switch makes of them.
#include "source/proxy/path_normalizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir::proxy {
namespace {

using config::PathStep;
using Slashes = config::PathNormalization;

class PathNormalizer : public testing::Test {
 protected:
  // The path after normalising; "refused", or "redirect " and the path.
  std::string Normal(std::string_view path) {
    std::string_view text = path;
    switch (NormalizePath(steps_, slashes_, arena_, text)) {
      case PathOutcome::kRefused:
        return "refused";
      case PathOutcome::kRedirect:
        return "redirect " + std::string(text);
      case PathOutcome::kUnchanged:
        EXPECT_EQ(text.data(), path.data()) << "nothing was copied";
        return std::string(text);
      case PathOutcome::kChanged:
        EXPECT_NE(text, path);
        return std::string(text);
    }
    return "";
  }

  buffer::BlockPool pool_;
  buffer::Arena arena_{pool_};
  std::vector<PathStep> steps_;
  Slashes slashes_ = Slashes::kKeep;
};

TEST_F(PathNormalizer, ChangesNothingUnlessAsked) {
  for (const char* path : {"/", "/a/../b", "//a", "/a%2Fb", "/%41", "/a\\b", "*"}) {
    EXPECT_EQ(Normal(path), path);
  }
}

TEST_F(PathNormalizer, NormalizesByRfc3986) {
  steps_ = {PathStep::kNormalize};
  const std::pair<const char*, const char*> rows[] = {
      {"/", "/"},
      {"*", "*"},
      {"/a/b", "/a/b"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/b/..", "/a/"},
      {"/a/b/.", "/a/b/"},
      {"/..", "/"},
      {"/../../x", "/x"},
      {"/a/../../../x", "/x"},
      {"/a//../b", "/a/b"},
      {"/%2e%2E/x", "/x"},
      {"/a/%2e/b", "/a/b"},
      {"/.../x", "/.../x"},
      {"/.a/..b", "/.a/..b"},
      {"/%41%7e%2D", "/A~-"},
      {"/%20%3f", "/%20%3f"},
      {"/a%2Fb", "/a%2Fb"},
      {"/%zz%4", "/%zz%4"},
      {"/a\\..\\b", "/b"},
      {"//a", "//a"},
      {"/a/../b?x=/../y%41", "/b?x=/../y%41"},
      {"/a?/../b", "/a?/../b"},
      // An escape that unescaping leaves behind is not unescaped again.
      {"/%252e%252e/x", "/%252e%252e/x"},
  };
  for (const auto& [path, normal] : rows) EXPECT_EQ(Normal(path), normal) << path;
}

TEST_F(PathNormalizer, IsIdempotent) {
  steps_ = {PathStep::kNormalize, PathStep::kMergeSlashes};
  slashes_ = Slashes::kUnescapeAndForward;
  for (const char* path : {"/a//%2e%2e/b", "/%2f..%5cx", "/a/b/../../..", "/%25%32%65"}) {
    const std::string once = Normal(path);
    EXPECT_EQ(Normal(once), once) << path;
  }
}

TEST_F(PathNormalizer, MergesSlashes) {
  steps_ = {PathStep::kMergeSlashes};
  const std::pair<const char*, const char*> rows[] = {
      {"//", "/"}, {"//a///b//", "/a/b/"}, {"/a?x=//", "/a?x=//"}, {"/a/../b", "/a/../b"}};
  for (const auto& [path, normal] : rows) EXPECT_EQ(Normal(path), normal) << path;
}

TEST_F(PathNormalizer, StepsRunInTheirOrder) {
  steps_ = {PathStep::kNormalize, PathStep::kMergeSlashes};
  EXPECT_EQ(Normal("/a//../b"), "/a/b");
  EXPECT_EQ(Normal("/a/\\b"), "/a/b");
  steps_ = {PathStep::kMergeSlashes, PathStep::kNormalize};
  EXPECT_EQ(Normal("/a//../b"), "/b");
  EXPECT_EQ(Normal("/a/\\b"), "/a//b");
}

TEST_F(PathNormalizer, EscapedSlashesAreRejectedRedirectedOrForwarded) {
  slashes_ = Slashes::kReject;
  for (const char* path : {"/a%2fb", "/a%2F", "/%5c", "/x%5Cy?q"}) {
    EXPECT_EQ(Normal(path), "refused") << path;
  }
  EXPECT_EQ(Normal("/a?q=%2f"), "/a?q=%2f");
  slashes_ = Slashes::kUnescapeAndRedirect;
  EXPECT_EQ(Normal("/a%2Fb%5Cc?q"), "redirect /a/b/c?q");
  EXPECT_EQ(Normal("/a%2e"), "/a%2e");
  slashes_ = Slashes::kUnescapeAndForward;
  EXPECT_EQ(Normal("/a%2fb"), "/a/b");
}

TEST_F(PathNormalizer, StepsActOnWhatEarlierOnesMade) {
  steps_ = {PathStep::kNormalize, PathStep::kMergeSlashes};
  slashes_ = Slashes::kUnescapeAndForward;
  EXPECT_EQ(Normal("/a/..%2f..%2Fb"), "/b");
  EXPECT_EQ(Normal("/a%2f%2f%2e%2e%2fb"), "/a/b");
  slashes_ = Slashes::kUnescapeAndRedirect;
  EXPECT_EQ(Normal("/x/%2e%2e%2fb"), "redirect /b");
}

}  // namespace
}  // namespace weir::proxy
