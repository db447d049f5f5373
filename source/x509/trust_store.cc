#include "source/x509/trust_store.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "source/base/status.h"
#include "source/x509/crypto_error.h"
#include "source/x509/pem_text.h"

namespace weir::x509 {
namespace {

constexpr uint32_t kDefaultDepth = 100;

absl::Status AddCrls(X509_STORE* store, std::string_view pem) {
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  size_t count = 0;
  for (;; ++count) {
    const bssl::UniquePtr<X509_CRL> crl(
        PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr));
    if (crl == nullptr) break;
    X509_STORE_add_crl(store, crl.get());
  }
  return CheckEndOfBlocks(count, "CRL", "X509 CRL");
}

// Of X509_STORE_CTX_set_verify_cb: lets chains pass whose only fault is their time.
int AllowExpired(int ok, X509_STORE_CTX* context) {
  if (ok == 1) return 1;
  const int error = X509_STORE_CTX_get_error(context);
  return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID ? 1 : 0;
}

}  // namespace

absl::StatusOr<TrustStore> TrustStore::Create(std::string_view trusted_pem,
                                              std::string_view crl_pem,
                                              const TrustOptions& options) {
  TrustStore trust;
  WEIR_ASSIGN_OR_RETURN(trust.anchors_, ParseCertificates(trusted_pem));
  trust.store_ = std::shared_ptr<X509_STORE>(X509_STORE_new(), X509_STORE_free);
  for (const Certificate& anchor : trust.anchors_) {
    X509_STORE_add_cert(trust.store_.get(), anchor.native());
  }
  // Adding one twice is noted in the queue and is no fault.
  ERR_clear_error();
  if (!crl_pem.empty()) WEIR_RETURN_IF_ERROR(AddCrls(trust.store_.get(), crl_pem));
  trust.check_crl_ = !crl_pem.empty();
  trust.options_ = options;
  return trust;
}

absl::Status TrustStore::Verify(std::span<const Certificate> chain, Peer peer,
                                std::chrono::system_clock::time_point now) const {
  if (chain.empty()) return InvalidArgument("the peer sent no certificate");
  const bssl::UniquePtr<STACK_OF(X509)> sent(sk_X509_new_null());
  for (const Certificate& certificate : chain.subspan(1)) {
    bssl::PushToStack(sent.get(), bssl::UpRef(certificate.native()));
  }
  const bssl::UniquePtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (!X509_STORE_CTX_init(context.get(), store_.get(), chain.front().native(), sent.get()) ||
      !X509_STORE_CTX_set_default(context.get(),
                                  peer == Peer::kClient ? "ssl_client" : "ssl_server")) {
    return Internal(StrCat("cannot verify: ", TakeCryptoError()));
  }
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  if (check_crl_) flags |= X509_V_FLAG_CRL_CHECK;
  if (check_crl_ && !options_.leaf_crl_only) flags |= X509_V_FLAG_CRL_CHECK_ALL;
  X509_STORE_CTX_set_flags(context.get(), flags);
  X509_STORE_CTX_set_time(context.get(), 0, std::chrono::system_clock::to_time_t(now));
  X509_STORE_CTX_set_depth(context.get(),
                           static_cast<int>(options_.max_depth.value_or(kDefaultDepth)));
  if (options_.allow_expired) X509_STORE_CTX_set_verify_cb(context.get(), AllowExpired);
  const bool verified = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (verified) return absl::OkStatus();
  return InvalidArgument(X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

}  // namespace weir::x509
