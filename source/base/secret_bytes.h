// Bytes that nobody may see: keys, passwords. Copies share one buffer, which is wiped when the last
// holder lets go. Not printable. Immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace weir {

class SecretBytes {
 public:
  SecretBytes() = default;
  // Takes over and wipes `bytes`.
  explicit SecretBytes(std::string&& bytes);

  bool empty() const { return bytes_ == nullptr; }
  std::string_view view() const { return bytes_ == nullptr ? std::string_view() : *bytes_; }

  friend bool operator==(const SecretBytes& a, const SecretBytes& b) {
    return a.bytes_ == b.bytes_ || a.view() == b.view();
  }

 private:
  std::shared_ptr<const std::string> bytes_;
};

}  // namespace weir
