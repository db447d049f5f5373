// A TLS client that asks for what ours never does (OCSP responses, early data): the library alone,
// over a bare stream to the server of a TlsBench.
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <string>

#include "test/tls/tls_bench.h"

namespace weir::tls {

class RawClient {
 public:
  explicit RawClient(TlsBench& bench) : bench_(bench), context_(SSL_CTX_new(TLS_method())) {
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_set_app_data(context_.get(), this);
    SSL_CTX_sess_set_new_cb(context_.get(), [](SSL* ssl, SSL_SESSION* session) {
      auto& self = *static_cast<RawClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      self.session_.reset(session);
      return 1;
    });
    Reset();
  }

  SSL_CTX* context() { return context_.get(); }
  // Of the connection that comes next, or is there.
  SSL* ssl() { return ssl_.get(); }
  // The newest session that a server gave.
  SSL_SESSION* session() { return session_.get(); }

  // A new connection, whose ssl() has no settings yet.
  void Reset() {
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_connect_state(ssl_.get());
    SSL_set_tlsext_host_name(ssl_.get(), "a.example");
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }
  // Opens it and takes the handshake as far as it goes. True when it is done.
  bool Connect() {
    bench_.ConnectRaw();
    return Continue([this] { return SSL_do_handshake(ssl()); });
  }
  // What the server says next.
  std::string Read() {
    std::string text(256, '\0');
    const auto read = [&] { return SSL_read(ssl(), text.data(), static_cast<int>(text.size())); };
    return Continue(read) ? std::string(text.c_str()) : "";
  }
  // One call of the library, with what it says sent. Its result.
  template <typename Call>
  int Once(Call call) {
    ERR_clear_error();
    const int result = call();
    // Of this call: what follows changes what the library knows of it.
    error_ = SSL_get_error(ssl(), result);
    const uint8_t* data = nullptr;
    size_t size = 0;
    BIO* const out = SSL_get_wbio(ssl());
    if (BIO_mem_contents(out, &data, &size) == 1 && size > 0) {
      bench_.client().Send({reinterpret_cast<const char*>(data), size});
      BIO_reset(out);
    }
    bench_.Run();
    std::string& input = bench_.client().input;
    BIO_write(SSL_get_rbio(ssl()), input.data(), static_cast<int>(input.size()));
    input.clear();
    return result;
  }
  // What the library says of the last call: SSL_ERROR_...
  int error() const { return error_; }
  // Again until it is done or has failed.
  template <typename Call>
  bool Continue(Call call) {
    for (int round = 0; round < 8; ++round) {
      if (Once(call) > 0) return true;
      if (error_ != SSL_ERROR_WANT_READ) return false;
    }
    return false;
  }

 private:
  TlsBench& bench_;
  const bssl::UniquePtr<SSL_CTX> context_;
  bssl::UniquePtr<SSL> ssl_;
  bssl::UniquePtr<SSL_SESSION> session_;
  int error_ = SSL_ERROR_NONE;
};

}  // namespace weir::tls
