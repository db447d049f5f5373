#include "source/base/secret_bytes.h"

#include <cstring>

namespace weir {
namespace {

void Wipe(std::string& bytes) {
  // The whole capacity: a string that was longer once keeps its end.
  bytes.resize(bytes.capacity());
  explicit_bzero(bytes.data(), bytes.size());
  bytes.clear();
}

}  // namespace

SecretBytes::SecretBytes(std::string&& bytes) {
  if (!bytes.empty()) {
    bytes_ =
        std::shared_ptr<const std::string>(new std::string(bytes), [](const std::string* held) {
          Wipe(*const_cast<std::string*>(held));
          delete held;
        });
  }
  Wipe(bytes);
}

}  // namespace weir
