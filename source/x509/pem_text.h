// What readers and writers of PEM texts have in common. Private to x509.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "source/base/secret_bytes.h"

struct bio_st;
struct evp_pkey_st;

namespace weir::x509 {

// What was written to a BIO in memory. The library wipes that memory when it frees it.
std::string Contents(bio_st& bio);
// In PKCS #8, without a password; empty where the library refuses.
SecretBytes PrivateKeyPem(evp_pkey_st& key);

// After `count` blocks of one kind were read and the next was not: OK where there is none. The
// error says which one is broken and why, or that there is no block at all. Takes the thread's
// errors.
absl::Status CheckEndOfBlocks(size_t count, std::string_view kind, std::string_view block);

}  // namespace weir::x509
