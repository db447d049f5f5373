// The secrets that TLS contexts name: which are there, which are waited for, which will not come.
//
// A secret comes into force whole: everything that names it is made anew first, and when one part
// cannot be made with it, the secret is refused and the last good one stays. Users are asked in the
// order in which they were added. Main thread.
#pragma once

#include <functional>
#include <memory>
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
  // Makes anew what names the secret `name`, with `secrets`. Calling the result puts it into force.
  // The error says what cannot be made, and why.
  virtual absl::StatusOr<std::function<void()>> Renew(const std::string& name,
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
  // Whether everything that names it can be made with it.
  absl::Status CheckNew(const config::Secret& secret) const;
  // A checked one; an equal one changes nothing.
  void Set(std::shared_ptr<const config::Secret> secret);
  void TimedOut(const std::string& name);
  // Nobody asks for it any more.
  void Forget(const std::string& name);

  // What names them is there, or is gone. Counted.
  void Subscribe(const std::vector<config::SecretReference>& references);
  void Unsubscribe(const std::vector<config::SecretReference>& references);
  // The error names the static secret that does not exist.
  absl::Status Check(const std::vector<config::SecretReference>& references) const;
  // Each is there or will not come in time: waiting longer brings nothing.
  bool Settled(const std::vector<config::SecretReference>& references) const;
  config::SecretLookup lookup() const;

 private:
  struct Supply {
    std::shared_ptr<const config::Secret> secret;
    bool timed_out = false;
  };

  const config::Secret* Find(const config::SecretReference& reference) const;
  void RenewUsers(const std::string& name);

  Subscriber& subscriber_;
  std::vector<SecretUser*> users_;
  HashMap<std::shared_ptr<const config::Secret>> statics_;
  HashMap<Supply> supplies_;
};

}  // namespace weir::server
