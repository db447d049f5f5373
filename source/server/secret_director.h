// The secrets that TLS contexts name: which are there, which are waited for, which will not come.
//
// A secret comes into force whole: everything that names it is made anew first, and when one part
// cannot be made with it, the secret is refused and the last good one stays. What comes in one
// update is checked and put into force together: a listener that names ten thousand of them is made
// once. Users are asked in the order in which they were added. Main thread.
//
//   CheckNew -> Set, Set, ... -> RenewUsers
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "source/base/hash_map.h"
#include "source/config/tls.h"
#include "source/server/subscriber.h"

namespace weir::server {

// Who holds transports that were made with secrets.
class SecretUser {
 public:
  // Makes anew what names one of the secrets known by `keys` (see config::ResourceKey), with
  // `secrets`. Calling the result puts it into force. The error says what cannot be made, and why.
  virtual absl::StatusOr<std::function<void()>> Renew(const HashSet& keys,
                                                      const config::SecretLookup& secrets) = 0;

 protected:
  ~SecretUser() = default;
};

class SecretDirector {
 public:
  explicit SecretDirector(Subscriber& secrets) : subscriber_(secrets) {}
  SecretDirector(const SecretDirector&) = delete;
  SecretDirector& operator=(const SecretDirector&) = delete;

  // Outlives the last call of those below.
  void AddUser(SecretUser& user) { users_.push_back(&user); }

  void SetStatic(std::shared_ptr<const config::Secret> secret);
  struct Arrival {
    std::string key;
    const config::Secret* secret;
  };
  // Of each, whether everything that names it can be made with it and those before it.
  std::vector<absl::Status> CheckNew(const std::vector<Arrival>& secrets) const;
  // A checked one; an equal one changes nothing.
  void Set(const std::string& key, std::shared_ptr<const config::Secret> secret);
  // Puts those that were set into force.
  void RenewUsers();
  void TimedOut(const std::string& key);
  // Nobody asks for it any more.
  void Forget(const std::string& key);

  // What names them is there, or is gone. Counted.
  void Subscribe(const std::vector<config::SecretReference>& references);
  void Unsubscribe(const std::vector<config::SecretReference>& references);
  // The error names the static secret that does not exist.
  absl::Status Check(const std::vector<config::SecretReference>& references) const;
  // Each is there or will not come in time: waiting longer brings nothing.
  bool Settled(const std::vector<config::SecretReference>& references) const;
  // Adds "secret NAME" for each that is still to come.
  void AddMissing(const std::vector<config::SecretReference>& references,
                  std::vector<std::string>& names) const;
  config::SecretLookup lookup() const;

 private:
  struct Supply {
    std::shared_ptr<const config::Secret> secret;
    bool timed_out = false;
  };

  using ByKey = HashMap<const config::Secret*>;

  bool IsSettled(const config::SecretReference& reference) const;
  const config::Secret* Find(const config::SecretReference& reference) const;
  absl::Status TryWith(const ByKey& secrets) const;
  // Appends a status for each of `secrets`, and those that are good to `good`.
  void CheckPart(std::span<const Arrival> secrets, ByKey& good,
                 std::vector<absl::Status>& statuses) const;

  Subscriber& subscriber_;
  std::vector<SecretUser*> users_;
  HashMap<std::shared_ptr<const config::Secret>> statics_;  // By name.
  HashMap<Supply> supplies_;                                // By key, as set_.
  HashSet set_;                                             // Since users were renewed.
};

}  // namespace weir::server
