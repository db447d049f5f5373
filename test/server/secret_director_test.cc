// Secrets of one update are checked and put into force together.

#include "source/server/secret_director.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "source/base/status.h"

namespace weir::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NoSubscriber final : public Subscriber {
 public:
  void Subscribe(const std::string&, const config::ConfigSource&, const std::string&) override {}
  void Unsubscribe(const std::string&, const config::ConfigSource&, const std::string&) override {}
};

// Says what it was made of; cannot be made with keys that hold "bad".
class User final : public SecretUser {
 public:
  absl::StatusOr<std::function<void()>> Renew(const HashSet& names,
                                              const config::SecretLookup& secrets) override {
    ++made;
    std::string with;
    for (const std::string& name : std::set<std::string>(names.begin(), names.end())) {
      config::SecretReference reference{.name = name};
      reference.source.kind = config::ConfigSource::Kind::kAds;
      const config::Secret* const secret = secrets(reference);
      if (secret == nullptr) continue;
      const auto& keys = std::get<config::SessionTicketKeys>(secret->value).keys;
      if (keys.front().view() == "bad") return InvalidArgument(StrCat(name, " does not fit"));
      with += StrCat(name, "=", keys.front().view(), " ");
    }
    return [this, with] { in_force.push_back(with); };
  }

  int made = 0;
  std::vector<std::string> in_force;
};

std::shared_ptr<const config::Secret> Secret(const std::string& name, const std::string& key) {
  auto secret = std::make_shared<config::Secret>();
  secret->name = name;
  secret->value = config::SessionTicketKeys{{SecretBytes(std::string(key))}};
  return secret;
}

class SecretDirectorTest : public testing::Test {
 protected:
  SecretDirectorTest() { director_.AddUser(user_); }

  // What was wrong with each, "" where nothing was; the good ones come into force.
  std::vector<std::string> Update(const std::vector<std::shared_ptr<const config::Secret>>& all) {
    std::vector<SecretDirector::Arrival> secrets;
    for (const auto& secret : all) secrets.push_back({secret->name, secret.get()});
    const std::vector<absl::Status> statuses = director_.CheckNew(secrets);
    std::vector<std::string> errors;
    for (size_t i = 0; i < all.size(); ++i) {
      errors.emplace_back(MessageOf(statuses[i]));
      if (statuses[i].ok()) director_.Set(all[i]->name, all[i]);
    }
    director_.RenewUsers();
    return errors;
  }

  NoSubscriber subscriber_;
  SecretDirector director_{subscriber_};
  User user_;
};

TEST_F(SecretDirectorTest, AnUpdateOfManyMakesUsersTwice) {
  std::vector<std::shared_ptr<const config::Secret>> all;
  for (int i = 0; i < 100; ++i) all.push_back(Secret(StrCat("s", i), "good"));
  Update(all);
  EXPECT_EQ(user_.made, 2) << "once to see whether it can be, once to put it into force";
  EXPECT_EQ(user_.in_force.size(), 1u);
}

TEST_F(SecretDirectorTest, EachThatDoesNotFitIsRefusedAndTheOthersComeIntoForce) {
  EXPECT_THAT(Update({Secret("a", "1"), Secret("b", "bad"), Secret("c", "3"), Secret("d", "4"),
                      Secret("e", "bad")}),
              ElementsAre("", "b does not fit", "", "", "e does not fit"));
  EXPECT_THAT(user_.in_force, ElementsAre("a=1 c=3 d=4 "));
  EXPECT_THAT(Update({Secret("a", "bad")}), ElementsAre("a does not fit"));
  EXPECT_THAT(user_.in_force, ElementsAre("a=1 c=3 d=4 ")) << "the last good one stays";
}

TEST_F(SecretDirectorTest, WhatIsEqualRenewsNobody) {
  Update({Secret("a", "1"), Secret("b", "1")});
  user_.in_force.clear();
  Update({Secret("a", "1"), Secret("b", "2")});
  EXPECT_THAT(user_.in_force, ElementsAre("b=2 "));
  user_.in_force.clear();
  Update({Secret("a", "1")});
  EXPECT_THAT(user_.in_force, IsEmpty());
}

}  // namespace
}  // namespace weir::server
