// Two TLS libraries live in one process: our BoringSSL, linked statically with hidden symbols, and
// the OpenSSL that gRPC's shared library loads. These tests go red when the symbols of one get in
// the way of the other.

#include <dlfcn.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "the headers of another TLS library come first in the include path"
#endif

namespace weir::boringssl {
namespace {

constexpr char kServerName[] = "weir.example";

// A key with a certificate that it has signed itself, for kServerName, valid for an hour.
struct Identity {
  bssl::UniquePtr<EVP_PKEY> key;
  bssl::UniquePtr<X509> certificate;
};

Identity MakeIdentity() {
  Identity identity;
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  EXPECT_EQ(1, EC_KEY_generate_key(ec.get()));
  identity.key.reset(EVP_PKEY_new());
  EXPECT_EQ(1, EVP_PKEY_set1_EC_KEY(identity.key.get(), ec.get()));

  X509* certificate = X509_new();
  identity.certificate.reset(certificate);
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const uint8_t*>(kServerName), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_set_pubkey(certificate, identity.key.get());
  const std::string names = std::string("DNS:") + kServerName;
  bssl::UniquePtr<X509_EXTENSION> extension(
      X509V3_EXT_nconf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
  EXPECT_NE(nullptr, extension);
  X509_add_ext(certificate, extension.get(), -1);
  EXPECT_GT(X509_sign(certificate, identity.key.get(), EVP_sha256()), 0);
  return identity;
}

std::string Contents(BIO* bio) {
  const uint8_t* data = nullptr;
  size_t size = 0;
  EXPECT_EQ(1, BIO_mem_contents(bio, &data, &size));
  return std::string(reinterpret_cast<const char*>(data), size);
}

std::string PemOfCertificate(const Identity& identity) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(1, PEM_write_bio_X509(bio.get(), identity.certificate.get()));
  return Contents(bio.get());
}

std::string PemOfKey(const Identity& identity) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(1, PEM_write_bio_PKCS8PrivateKey(bio.get(), identity.key.get(), nullptr, nullptr, 0,
                                             nullptr, nullptr));
  return Contents(bio.get());
}

// A client and a server of BoringSSL, joined by a pair of memory buffers.
class MemoryTls {
 public:
  explicit MemoryTls(const Identity& identity)
      : client_context_(SSL_CTX_new(TLS_method())), server_context_(SSL_CTX_new(TLS_method())) {
    SSL_CTX_use_certificate(server_context_.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(server_context_.get(), identity.key.get());
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client_context_.get()), identity.certificate.get());
    SSL_CTX_set_verify(client_context_.get(), SSL_VERIFY_PEER, nullptr);
    client_.reset(SSL_new(client_context_.get()));
    server_.reset(SSL_new(server_context_.get()));
    SSL_set_tlsext_host_name(client_.get(), kServerName);
    SSL_set1_host(client_.get(), kServerName);
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    BIO_new_bio_pair(&client_end, 0, &server_end, 0);
    SSL_set_bio(client_.get(), client_end, client_end);
    SSL_set_bio(server_.get(), server_end, server_end);
    SSL_set_connect_state(client_.get());
    SSL_set_accept_state(server_.get());
  }

  // Whether both sides have finished within a bounded number of turns.
  bool Handshake() {
    int client = 0;
    int server = 0;
    for (int turn = 0; turn < 20 && (client != 1 || server != 1); ++turn) {
      client = SSL_do_handshake(client_.get());
      server = SSL_do_handshake(server_.get());
    }
    return client == 1 && server == 1;
  }

  std::string Carry(std::string_view text) {
    EXPECT_EQ(static_cast<int>(text.size()),
              SSL_write(client_.get(), text.data(), static_cast<int>(text.size())));
    char received[64];
    const int size = SSL_read(server_.get(), received, sizeof(received));
    return size > 0 ? std::string(received, static_cast<size_t>(size)) : "";
  }

  const SSL* client() const { return client_.get(); }

 private:
  bssl::UniquePtr<SSL_CTX> client_context_;
  bssl::UniquePtr<SSL_CTX> server_context_;
  bssl::UniquePtr<SSL> client_;
  bssl::UniquePtr<SSL> server_;
};

// Whether a gRPC channel over TLS with this identity connects to a gRPC server in this process.
bool GrpcConnects(const Identity& identity, const std::string& trusted) {
  grpc::SslServerCredentialsOptions server_options;
  server_options.pem_key_cert_pairs.push_back({PemOfKey(identity), PemOfCertificate(identity)});
  grpc::CallbackGenericService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(server_options), &port);
  builder.RegisterCallbackGenericService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return false;

  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride(kServerName);
  std::shared_ptr<grpc::Channel> channel = grpc::CreateCustomChannel(
      "127.0.0.1:" + std::to_string(port), grpc::SslCredentials({trusted, "", ""}), arguments);
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(10);
  grpc_connectivity_state state = channel->GetState(true);
  while (state != GRPC_CHANNEL_READY && state != GRPC_CHANNEL_TRANSIENT_FAILURE) {
    if (!channel->WaitForStateChange(state, deadline)) break;
    state = channel->GetState(true);
  }
  channel.reset();
  server->Shutdown();
  return state == GRPC_CHANNEL_READY;
}

TEST(BoringSsl, HandshakeInMemory) {
  const Identity identity = MakeIdentity();
  MemoryTls tls(identity);
  ASSERT_TRUE(tls.Handshake());
  EXPECT_STREQ("TLSv1.3", SSL_get_version(tls.client()));
  EXPECT_EQ("hello", tls.Carry("hello"));
}

TEST(BoringSsl, HandshakeFailsWithoutTrust) {
  const Identity identity = MakeIdentity();
  MemoryTls tls(identity);
  SSL_set1_host(const_cast<SSL*>(tls.client()), "other.example");
  EXPECT_FALSE(tls.Handshake());
}

TEST(BoringSsl, GrpcDoesTlsWithItsOwnLibraryMeanwhile) {
  const Identity identity = MakeIdentity();
  MemoryTls before(identity);
  ASSERT_TRUE(before.Handshake());
  EXPECT_TRUE(GrpcConnects(identity, PemOfCertificate(identity)));
  EXPECT_FALSE(GrpcConnects(identity, PemOfCertificate(MakeIdentity())));
  EXPECT_EQ("still there", before.Carry("still there"));
  MemoryTls after(identity);
  ASSERT_TRUE(after.Handshake());
}

TEST(BoringSsl, GrpcsLibraryIsAnother) {
  void* theirs = dlsym(RTLD_DEFAULT, "SSL_new");
  ASSERT_NE(nullptr, theirs) << "gRPC has not loaded OpenSSL";
  EXPECT_NE(reinterpret_cast<void*>(&SSL_new), theirs);
  Dl_info info = {};
  ASSERT_NE(0, dladdr(theirs, &info));
  EXPECT_NE(std::string::npos, std::string_view(info.dli_fname).find("libssl.so"))
      << info.dli_fname;
}

// Counts what a program exports, and adds to `exported` what of it is BoringSSL's.
int ReadExports(const std::string& program, std::string& exported) {
  FILE* symbols = popen(("nm --dynamic --defined-only " + program).c_str(), "r");
  EXPECT_NE(nullptr, symbols);
  char line[4096];
  int lines = 0;
  while (fgets(line, sizeof(line), symbols) != nullptr) {
    ++lines;
    // "address type name"
    const std::string_view text(line);
    const std::string_view name = text.substr(text.rfind(' ') + 1);
    for (std::string_view prefix : {"SSL_", "CRYPTO_", "EVP_", "X509_", "BIO_", "EC_KEY_"}) {
      if (name.starts_with(prefix)) exported += line;
    }
  }
  EXPECT_EQ(0, pclose(symbols)) << program;
  return lines;
}

TEST(BoringSsl, ProgramExportsNoneOfItsSymbols) {
  std::string exported;
  EXPECT_GT(ReadExports("/proc/$PPID/exe", exported), 0);
  EXPECT_EQ("", exported);
}

// Those that people run. gRPC's OpenSSL and ours are in each of them.
TEST(BoringSsl, OurProgramsExportNoneOfItsSymbols) {
  for (const char* program : {"weir", "weir-control", "weirctl"}) {
    std::string exported;
    ReadExports(std::string("source/exe/") + program, exported);
    EXPECT_EQ("", exported) << program;
  }
}

}  // namespace
}  // namespace weir::boringssl
