// The SHA-256 of several parts, of which each is told apart from the next.
#pragma once

#include <openssl/sha.h>

#include <cstdint>
#include <string_view>

#include "source/config/tls.h"

namespace weir::tls {

class PartsDigest {
 public:
  PartsDigest() { SHA256_Init(&context_); }

  void Add(std::string_view part) {
    const uint64_t size = part.size();
    SHA256_Update(&context_, &size, sizeof(size));
    SHA256_Update(&context_, part.data(), part.size());
  }
  // Once, at the end.
  config::Sha256 Take() {
    config::Sha256 digest;
    SHA256_Final(digest.data(), &context_);
    return digest;
  }

 private:
  SHA256_CTX context_;
};

}  // namespace weir::tls
