// TLS contexts and secrets from their messages: defaults, everything set, and what is refused.

#include <openssl/base64.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "source/extensions/transport_sockets/tls/config.h"
#include "source/x509/certificate.h"
#include "test/config/proto/decoding.h"
#include "test/x509/authority.h"

namespace weir::config::proto {
namespace {

using extensions::transport_sockets::tls::ClientTlsConfig;
using extensions::transport_sockets::tls::ServerTlsConfig;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kSecretType = schema::kSecretTypeUrl;

const x509::Authority& Root() {
  static const auto* const root = new x509::Authority("Root");
  return *root;
}
std::string Base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(EVP_EncodeBlock(reinterpret_cast<uint8_t*>(text.data()),
                              reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  return text;
}
std::string Certificate(const x509::Identity& identity) {
  return "{certificate_chain: " + x509::InlineYaml(identity.chain_pem) +
         ", private_key: " + x509::InlineYaml(identity.key_pem) + "}";
}

// A validation context that looks at SPIFFE ids.
std::string Spiffe(const std::string& config, const std::string& more = "") {
  return "validation_context: {custom_validator_config: {name: spiffe, typed_config: {\"@type\": "
         "type.googleapis.com/"
         "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig, " +
         config + "}}" + more + "}";
}

std::string ClusterWith(const std::string& socket) {
  return "{name: a, load_assignment: {cluster_name: a}, transport_socket: {name: tls, "
         "typed_config: "
         "{\"@type\": type.googleapis.com/envoy.extensions.transport_sockets." +
         socket + "}}}";
}
std::string Upstream(const std::string& common, const std::string& own = "") {
  return ClusterWith("tls.v3.UpstreamTlsContext, common_tls_context: {" + common + "}" + own);
}
std::string Downstream(const std::string& common, const std::string& own = "") {
  return "{name: a, address: {socket_address: {address: 127.0.0.1, port_value: 1}}, filter_chains: "
         "[{filters: [{name: t, typed_config: {\"@type\": "
         "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: "
         "t, cluster: c}}], transport_socket_connect_timeout: 7s, transport_socket: {name: tls, "
         "typed_config: {\"@type\": "
         "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext, "
         "common_tls_context: {" +
         common + "}" + own + "}}}]}";
}

UpstreamTls DecodedUpstream(const std::string& yaml) {
  const auto cluster = Decoded<Cluster>(schema::kClusterTypeUrl, yaml);
  EXPECT_NE(cluster, nullptr);
  return cluster == nullptr ? UpstreamTls()
                            : dynamic_cast<const ClientTlsConfig&>(*cluster->transport_socket).tls;
}
DownstreamTls DecodedDownstream(const std::string& yaml) {
  const auto listener = Decoded<Listener>(schema::kListenerTypeUrl, yaml);
  EXPECT_NE(listener, nullptr);
  return listener == nullptr
             ? DownstreamTls()
             : dynamic_cast<const ServerTlsConfig&>(*listener->filter_chains[0]->transport_socket)
                   .tls;
}

TEST(DecodeTls, UpstreamHasItsDefaults) {
  const UpstreamTls tls = DecodedUpstream(
      Upstream("validation_context: {trusted_ca: " + x509::InlineYaml(Root().pem()) + "}"));
  UpstreamTls expected;
  expected.common.validation.trusted_ca_pem = Root().pem();
  EXPECT_TRUE(tls == expected);
}

TEST(DecodeTls, UpstreamReadsEverything) {
  const x509::Identity own = Root().Issue({});
  const UpstreamTls tls = DecodedUpstream(Upstream(
      "tls_params: {tls_minimum_protocol_version: TLSv1_2, tls_maximum_protocol_version: TLSv1_2, "
      "cipher_suites: [A, B], ecdh_curves: [X25519, P-384], signature_algorithms: [s]}, "
      "tls_certificates: [" +
          Certificate(own) +
          "], alpn_protocols: [\"h2,http/1.1\", x], validation_context: {trust_chain_verification: "
          "ACCEPT_UNTRUSTED, allow_expired_certificate: true, max_verify_depth: 3}",
      ", sni: a.example, auto_host_sni: true, auto_sni_san_validation: true, max_session_keys: 5, "
      "enforce_rsa_key_usage: false"));
  EXPECT_EQ(tls.common.parameters.maximum, TlsVersion::kTls12);
  EXPECT_EQ(tls.common.parameters.ciphers, "A:B");
  EXPECT_EQ(tls.common.parameters.curves, "X25519:P-384");
  EXPECT_EQ(tls.common.parameters.signature_algorithms, "s");
  ASSERT_EQ(tls.common.certificates.size(), 1u);
  EXPECT_EQ(tls.common.certificates[0]->key_pem.view(), own.key_pem);
  EXPECT_THAT(tls.common.alpn, ElementsAre("h2", "http/1.1", "x"));
  EXPECT_TRUE(tls.common.validation.accept_untrusted);
  EXPECT_TRUE(tls.common.validation.allow_expired_certificate);
  EXPECT_EQ(tls.common.validation.max_verify_depth, 3u);
  EXPECT_EQ(tls.sni, "a.example");
  EXPECT_TRUE(tls.auto_host_sni && tls.auto_sni_san_validation && !tls.enforce_rsa_key_usage);
  EXPECT_EQ(tls.max_session_keys, 5u);
}

TEST(DecodeTls, DownstreamReadsEverything) {
  const std::string yaml = Downstream(
      "tls_certificate_sds_secret_configs: [{name: a, sds_config: {ads: {}}}, {name: b}], "
      "combined_validation_context: {default_validation_context: {only_verify_leaf_cert_crl: "
      "true}, "
      "validation_context_sds_secret_config: {name: trust, sds_config: {path_config_source: {path: "
      "/x}}}}",
      ", require_client_certificate: true, require_sni: true, "
      "session_ticket_keys_sds_secret_config: "
      "{name: keys}, session_timeout: 60s, full_scan_certs_on_sni_mismatch: true, "
      "disable_stateful_session_resumption: true, prefer_client_ciphers: true, "
      "ocsp_staple_policy: MUST_STAPLE");
  const DownstreamTls tls = DecodedDownstream(yaml);
  ASSERT_EQ(tls.common.certificate_secrets.size(), 2u);
  EXPECT_EQ(tls.common.certificate_secrets[0].source.kind, ConfigSource::Kind::kAds);
  EXPECT_EQ(tls.common.certificate_secrets[1].source.kind, ConfigSource::Kind::kNone);
  ASSERT_TRUE(tls.common.validation_secret.has_value());
  EXPECT_EQ(tls.common.validation_secret->source.path, "/x");
  EXPECT_TRUE(tls.common.validation.only_verify_leaf_cert_crl);
  EXPECT_EQ(tls.ticket_keys_secret->name, "keys");
  EXPECT_EQ(tls.session_timeout, std::chrono::seconds(60));
  EXPECT_TRUE(tls.require_client_certificate && tls.require_sni && tls.prefer_client_ciphers);
  EXPECT_TRUE(tls.full_scan_certs_on_sni_mismatch && !tls.stateful_resumption);
  EXPECT_EQ(tls.ocsp_policy, OcspPolicy::kMustStaple);
  EXPECT_EQ(SecretsOf(tls).size(), 4u);
  EXPECT_EQ(Decoded<Listener>(schema::kListenerTypeUrl, yaml)
                ->filter_chains[0]
                ->transport_socket_connect_timeout,
            std::chrono::seconds(7));
}

TEST(DecodeTls, RawBufferIsNoTransportSocket) {
  const auto cluster =
      Decoded<Cluster>(schema::kClusterTypeUrl, ClusterWith("raw_buffer.v3.RawBuffer"));
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->transport_socket, nullptr);
}

TEST(DecodeTls, HashesAndNamesOfAValidationContext) {
  const std::string hex(64, 'a');
  std::string colons;
  for (int i = 0; i < 32; ++i) colons += i == 0 ? "0F" : ":0F";
  const auto secret = Decoded<Secret>(
      kSecretType,
      "{name: s, validation_context: {verify_certificate_hash: [" + hex + ", \"" + colons +
          "\"], verify_certificate_spki: [\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"], "
          "match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: a.example}}, "
          "{san_type: "
          "OTHER_NAME, oid: 1.2.3, matcher: {prefix: x}}]}}");
  ASSERT_NE(secret, nullptr);
  const auto& validation = std::get<CertificateValidation>(secret->value);
  EXPECT_EQ(validation.certificate_hashes[0][31], 0xaa);
  EXPECT_EQ(validation.certificate_hashes[1][31], 0x0f);
  for (uint8_t i = 0; i < 32; ++i) EXPECT_EQ(validation.spki_hashes[0][i], i);
  EXPECT_EQ(validation.san_matchers[0].exact_dns, "a.example");
  EXPECT_EQ(validation.san_matchers[1].oid, "1.2.3");
}

TEST(DecodeTls, RefusesWithPathAndReason) {
  const std::string trust =
      "validation_context: {trusted_ca: " + x509::InlineYaml(Root().pem()) + "}";
  const std::string socket = "transport_socket.typed_config.";
  const std::pair<std::string, std::string> cases[] = {
      {Upstream("validation_context: {match_typed_subject_alt_names: [{san_type: DNS, matcher: "
                "{exact: a.example}}]}"),
       socket + "common_tls_context: names are checked, but nothing says whom to trust"},
      {Upstream("", ", sni: a.example, auto_sni_san_validation: true"),
       socket + "common_tls_context: names are checked, but nothing says whom to trust"},
      {Upstream(trust, ", auto_sni_san_validation: true"),
       socket + "auto_sni_san_validation: needs a server name"},
      {Upstream(trust, ", allow_renegotiation: true"),
       socket + "allow_renegotiation: is not supported"},
      {Upstream("validation_context: {trusted_ca: {inline_string: x}}"),
       "validation_context.trusted_ca: there is no PEM block \"CERTIFICATE\" in it"},
      {Upstream(trust + ", tls_params: {tls_minimum_protocol_version: TLSv1_1}"),
       "tls_params.tls_minimum_protocol_version: value TLSv1_1"},
      {Upstream(trust + ", tls_params: {tls_minimum_protocol_version: TLSv1_3, "
                        "tls_maximum_protocol_version: TLSv1_2}"),
       "tls_params.tls_maximum_protocol_version: must not be below"},
      {Upstream(trust + ", tls_certificate_sds_secret_configs: [{name: a}, {name: b}]"),
       "a client shows one certificate at most"},
      {Upstream(trust + ", custom_handshaker: {name: x}"), "custom_handshaker"},
      {ClusterWith("tls.v3.DownstreamTlsContext, common_tls_context: {}"),
       "is not a transport socket of a cluster but a transport socket of a filter chain"},
      {ClusterWith("starttls.v3.StartTlsConfig, tls_socket_config: {}"), "starttls"},
  };
  for (const auto& [yaml, error] : cases) {
    EXPECT_THAT(Decode(schema::kClusterTypeUrl, yaml).errors, testing::Contains(HasSubstr(error)));
  }
  EXPECT_THAT(Decode(schema::kListenerTypeUrl, Downstream("")).errors,
              ElementsAre(HasSubstr("common_tls_context: a server needs a certificate")));
}

TEST(DecodeTls, KeyAndChainMayComeInOneFile) {
  const x509::Identity own = Root().Issue({});
  const auto secret = [&](const std::string& password, const std::string& more = "") {
    return "{name: s, tls_certificate: {pkcs12: {inline_bytes: \"" +
           Base64(x509::Pkcs12(own, "sesame")) + "\"}, password: {inline_string: " + password +
           "}" + more + "}}";
  };
  const auto decoded = Decoded<Secret>(kSecretType, secret("sesame"));
  ASSERT_NE(decoded, nullptr);
  EXPECT_EQ(std::get<Shared<TlsCertificate>>(decoded->value)->chain_pem, own.chain_pem);
  EXPECT_EQ(std::get<Shared<TlsCertificate>>(decoded->value)->key_pem.view(), own.key_pem);
  EXPECT_THAT(Decode(kSecretType, secret("no")).errors,
              ElementsAre(HasSubstr("tls_certificate.pkcs12: the password does not open")));
  EXPECT_THAT(Decode(kSecretType, secret("sesame", ", private_key: {inline_string: x}")).errors,
              ElementsAre(HasSubstr("tls_certificate.pkcs12: cannot be given together with")));
}

TEST(DecodeTls, AStapleIsAboutItsCertificate) {
  const x509::Identity own = Root().Issue({}), other = Root().Issue({});
  const auto secret = [&](const std::string& staple) {
    std::string yaml = "{name: s, tls_certificate: " + Certificate(own);
    yaml.back() = ',';
    return yaml + " ocsp_staple: {inline_bytes: \"" + Base64(staple) + "\"}}}";
  };
  const auto decoded = Decoded<Secret>(kSecretType, secret(Root().Ocsp(own)));
  ASSERT_NE(decoded, nullptr);
  EXPECT_EQ(std::get<Shared<TlsCertificate>>(decoded->value)->ocsp_staple, Root().Ocsp(own));
  EXPECT_THAT(Decode(kSecretType, secret(Root().Ocsp(other))).errors,
              ElementsAre(HasSubstr("tls_certificate.ocsp_staple: the OCSP response is about the "
                                    "certificate with serial")));
  EXPECT_THAT(Decode(kSecretType, secret("no response")).errors,
              ElementsAre(HasSubstr("ocsp_staple: the bytes are no OCSP response in DER")));
}

TEST(DecodeTls, SecretsAreRefusedByTheirFieldsAndShowNoKey) {
  x509::Identity mixed = Root().Issue({});
  mixed.key_pem = Root().Issue({}).key_pem;
  const std::string key_text = mixed.key_pem.substr(60, 20);
  const std::pair<std::string, std::string> cases[] = {
      {"tls_certificate: " + Certificate(mixed),
       "tls_certificate.private_key: does not belong to the first certificate of the chain"},
      {"tls_certificate: {certificate_chain: " + x509::InlineYaml(mixed.key_pem) +
           ", private_key: " + x509::InlineYaml(mixed.key_pem) + "}",
       "tls_certificate.certificate_chain: there is no PEM block \"CERTIFICATE\" in it"},
      {"tls_certificate: {certificate_chain: " + x509::InlineYaml(mixed.chain_pem) +
           ", private_key: " + x509::InlineYaml(x509::EncryptKey(mixed.key_pem, "sesame")) +
           ", password: {inline_string: no}}",
       "tls_certificate.private_key: the password does not open the key"},
      {"session_ticket_keys: {keys: [{inline_string: short}]}",
       "session_ticket_keys.keys[0]: must have 80 bytes"},
      {"validation_context: {verify_certificate_hash: [" + std::string(64, 'g') + "]}",
       "verify_certificate_hash[0]: must be a SHA-256 in hex"},
      {"validation_context: {verify_certificate_spki: [\"" + std::string(43, '!') + "=\"]}",
       "verify_certificate_spki[0]: must be a SHA-256 in base64"},
      {"validation_context: {match_typed_subject_alt_names: [{san_type: DNS, oid: 1.2, matcher: "
       "{exact: a}}]}",
       "match_typed_subject_alt_names[0].oid: belongs to san_type OTHER_NAME"},
      {"validation_context: {crl: " + x509::InlineYaml(Root().Crl({})) + "}",
       "crl: has no effect without trusted_ca"},
      {"validation_context: {trusted_ca: {inline_string: \"\"}}", "trusted_ca: is empty"},
      {"tls_certificate: {certificate_chain: {filename: body.txt}, private_key: {filename: none}}",
       "private_key.filename: none: no such file"},
  };
  for (const auto& [value, error] : cases) {
    const auto errors = Decode(kSecretType, "{name: s, " + value + "}").errors;
    ASSERT_FALSE(errors.empty()) << error;
    EXPECT_THAT(errors[0], HasSubstr(error));
    for (const std::string& text : errors) EXPECT_THAT(text, testing::Not(HasSubstr(key_text)));
  }
  EXPECT_THAT(Decode(kSecretType, "{name: s}").errors, ElementsAre(HasSubstr("is empty")));
}

// A control plane knows of a file of its proxies what the file is called; the rest of the resource
// is held to the same rules.
TEST(DecodeTls, FilesOfAnotherMachineAreCarriedUnread) {
  const x509::Identity own = Root().Issue({});
  const RemoteDataReader elsewhere;
  const DecodeOptions options{AllDecoders(), elsewhere};
  const auto errors = [&](std::string_view type, const std::string& yaml) {
    return Decode(type, yaml, options).errors;
  };
  const std::string chain = "certificate_chain: " + x509::InlineYaml(own.chain_pem);
  const std::string cases[] = {
      "tls_certificate: {certificate_chain: {filename: /a.pem}, private_key: {filename: /a.key}}",
      "tls_certificate: {" + chain + ", private_key: {environment_variable: KEY}}",
      "tls_certificate: {" + chain +
          ", private_key: " + x509::InlineYaml(x509::EncryptKey(own.key_pem, "s")) +
          ", password: {filename: /password}}",
      "validation_context: {trusted_ca: {filename: /ca.pem}, crl: {filename: /crl.pem}}",
      "validation_context: {trusted_ca: " + x509::InlineYaml(Root().pem()) +
          ", crl: {filename: /crl.pem}}",
      "session_ticket_keys: {keys: [{filename: /ticket.key}]}",
      "generic_secret: {secret: {filename: /token}, secrets: {a: {environment_variable: A}}}",
      "tls_certificate: {certificate_chain: {filename: /a.pem}, private_key: {filename: /a.key}, "
      "signed_certificate_timestamp: [{filename: /a.sct}]}",
      Spiffe("trust_domains: [{name: a.example, trust_bundle: {filename: /a.pem}}]"),
      Spiffe("trust_domains: [{name: a.example}], trust_bundles: {filename: /map.json}")};
  for (const std::string& value : cases) {
    EXPECT_THAT(errors(kSecretType, "{name: s, " + value + "}"), testing::IsEmpty()) << value;
  }
  for (const char* trust : {"trusted_ca: {filename: /ca.pem}", "system_root_certs: {}"}) {
    EXPECT_THAT(errors(schema::kClusterTypeUrl,
                       Upstream(std::string("validation_context: {") + trust + "}")),
                testing::IsEmpty());
  }
  EXPECT_THAT(errors(kSecretType,
                     "{name: s, tls_certificate: {certificate_chain: {inline_string: x}, "
                     "private_key: {filename: /a.key}}}"),
              ElementsAre(HasSubstr("certificate_chain: there is no PEM block")));
  EXPECT_THAT(errors(schema::kClusterTypeUrl, Upstream("", ", auto_sni_san_validation: true")),
              testing::Contains(HasSubstr("nothing says whom to trust")));
}

// Of a listener with many certificates that comes again with one replaced, one is parsed.
TEST(DecodeTls, ACertificateThatWasFoundToBeGoodIsTheSameObjectAgain) {
  const FakeData data;
  SharedParts parts;
  DecodeOptions options{AllDecoders(), data};
  options.parts = &parts;
  const auto certificate_of = [&](const std::string& yaml) {
    const Outcome outcome =
        Decode(kSecretType, "{name: s, tls_certificate: " + yaml + "}", options);
    const auto& secret = std::get<std::shared_ptr<const Secret>>(outcome.resource.value().value);
    return std::get<Shared<TlsCertificate>>(secret->value).pointer();
  };
  const std::string one = Certificate(Root().Issue({})), other = Certificate(Root().Issue({}));
  const auto held = certificate_of(one);
  EXPECT_EQ(certificate_of(one), held);
  EXPECT_NE(certificate_of(other), held);
  // What is broken is so each time.
  const std::string broken =
      "{name: s, tls_certificate: {certificate_chain: {inline_string: x}, "
      "private_key: {inline_string: x}}}";
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Decode(kSecretType, broken, options).errors, testing::Not(testing::IsEmpty()));
  }
}

TEST(DecodeTls, ASecretThatHasExpiredIsRefused) {
  const std::chrono::system_clock::time_point now(std::chrono::seconds(1'700'000'000));
  const auto errors_after = [&](const std::string& value, std::chrono::seconds later) {
    const FakeData data;
    DecodeOptions options{AllDecoders(), data};
    options.now = [&] { return now + later; };
    return Decode(kSecretType, "{name: s, " + value + "}", options).errors;
  };
  const x509::Identity leaf = Root().Issue({.not_after = 1'700'000'000});
  const std::string certificate = "tls_certificate: " + Certificate(leaf);
  EXPECT_THAT(errors_after(certificate, std::chrono::seconds(-1)), testing::IsEmpty());
  EXPECT_THAT(errors_after(certificate, std::chrono::seconds(0)),
              ElementsAre(HasSubstr("tls_certificate.certificate_chain: the certificate has "
                                    "expired: it ended less than a day ago")));
  EXPECT_THAT(errors_after(certificate, std::chrono::hours(49)),
              ElementsAre(HasSubstr("it ended 2 days ago")));

  // Of several anchors one that holds is enough.
  const std::string old =
      Root().Issue({.not_after = 1'700'000'000, .is_authority = true}).chain_pem;
  const std::string ended = "validation_context: {trusted_ca: " + x509::InlineYaml(old);
  EXPECT_THAT(errors_after(ended + "}", std::chrono::seconds(0)),
              ElementsAre(HasSubstr("trusted_ca: every certificate in it has expired")));
  EXPECT_THAT(errors_after(ended + ", allow_expired_certificate: true}", std::chrono::seconds(0)),
              testing::IsEmpty());
  EXPECT_THAT(
      errors_after("validation_context: {trusted_ca: " + x509::InlineYaml(old + Root().pem()) + "}",
                   std::chrono::seconds(0)),
      testing::IsEmpty());
}

TEST(DecodeTls, GenericSecretsAreKept) {
  const auto secret = Decoded<Secret>(
      kSecretType,
      "{name: s, generic_secret: {secret: {inline_string: one}, secrets: {a: {filename: body.txt}, "
      "b: {environment_variable: BODY}}}}");
  ASSERT_NE(secret, nullptr);
  const auto& generic = std::get<GenericSecret>(secret->value);
  EXPECT_EQ(generic.secret.view(), "one");
  ASSERT_EQ(generic.secrets.size(), 2u);
  EXPECT_EQ(generic.secrets.at("a").view(), "from a file");
  EXPECT_EQ(generic.secrets.at("b").view(), "from a variable");
  EXPECT_THAT(secret->watched, ElementsAre("body.txt"));
  EXPECT_THAT(
      Decode(kSecretType, "{name: s, generic_secret: {secrets: {a: {filename: no}}}}").errors,
      ElementsAre(HasSubstr("generic_secret.secrets[\"a\"].filename: no: no such file")));
}

TEST(DecodeTls, ADirectoryIsWatchedInPlaceOfTheFilesThatNameIt) {
  const std::string file = "{filename: body.txt, watched_directory: {path: /moves}}";
  const auto secret =
      Decoded<Secret>(kSecretType, "{name: s, generic_secret: {secret: " + file +
                                       ", secrets: {a: " + file + ", b: {filename: body.txt}}}}");
  ASSERT_NE(secret, nullptr);
  EXPECT_THAT(secret->watched, ElementsAre("/moves", "body.txt"));
  EXPECT_THAT(Decode(kSecretType,
                     "{name: s, generic_secret: {secret: {inline_string: x, "
                     "watched_directory: {path: /moves}}}}")
                  .errors,
              ElementsAre(HasSubstr("secret.watched_directory: belongs to a filename")));
  EXPECT_THAT(
      Decode(schema::kListenerTypeUrl, Downstream("tls_certificates: [{certificate_chain: " + file +
                                                  ", private_key: {filename: body.txt}}]"))
          .errors,
      testing::Contains(HasSubstr("certificate_chain.watched_directory: is watched for "
                                  "secrets that are streamed alone")));
}

TEST(DecodeTls, EqualSecretsAreEqualWhateverTheOrderOfTheirMaps) {
  std::string entries;
  for (const char* const name : {"c", "a", "d", "b"}) {
    entries += StrCat(name, ": {filename: body.txt, watched_directory: {path: /", name, "}}, ");
  }
  const auto secret =
      Decoded<Secret>(kSecretType, "{name: s, generic_secret: {secrets: {" + entries + "}}}");
  ASSERT_NE(secret, nullptr);
  EXPECT_THAT(secret->watched, ElementsAre("/a", "/b", "/c", "/d"));
}

TEST(DecodeTls, SignedTimestampsAreCheckedByTheirShape) {
  const auto secret = [](const std::vector<std::string>& timestamps) {
    std::string list;
    for (const std::string& one : timestamps) {
      list += "{inline_bytes: \"" + Base64(one) + "\"}, ";
    }
    std::string yaml = "{name: s, tls_certificate: " + Certificate(Root().Issue({}));
    yaml.back() = ',';
    return yaml + " signed_certificate_timestamp: [" + list + "]}}";
  };
  const std::string least(47, '\0'), other = std::string(1, '\0') + std::string(100, 'x');
  const auto decoded = Decoded<Secret>(kSecretType, secret({least, other}));
  ASSERT_NE(decoded, nullptr);
  EXPECT_THAT(std::get<Shared<TlsCertificate>>(decoded->value)->signed_timestamps,
              ElementsAre(least, other));
  const std::string at = "tls_certificate.signed_certificate_timestamp";
  EXPECT_THAT(Decode(kSecretType, secret({other, least.substr(1)})).errors,
              ElementsAre(HasSubstr(at + "[1]: must be a SignedCertificateTimestamp")));
  EXPECT_THAT(Decode(kSecretType, secret({std::string(47, '\1')})).errors,
              ElementsAre(HasSubstr(at + "[0]: must be a SignedCertificateTimestamp")));
  const std::string large(32'765, '\0');
  EXPECT_THAT(Decode(kSecretType, secret({large, large.substr(1)})).errors, testing::IsEmpty());
  EXPECT_THAT(Decode(kSecretType, secret({large, large})).errors,
              ElementsAre(HasSubstr(at + "[1]: there is no room for it")));
}

TEST(DecodeTls, KeyLogsHaveAFileAndRanges) {
  const std::string trust =
      "validation_context: {trusted_ca: " + x509::InlineYaml(Root().pem()) + "}, ";
  const UpstreamTls tls = DecodedUpstream(
      Upstream(trust +
               "key_log: {path: /k, local_address_range: [{address_prefix: 10.0.0.0, prefix_len: "
               "8}], remote_address_range: [{address_prefix: \"::\", prefix_len: 0}]}"));
  ASSERT_TRUE(tls.common.key_log.has_value());
  EXPECT_EQ(tls.common.key_log->path, "/k");
  ASSERT_EQ(tls.common.key_log->local.size(), 1u);
  EXPECT_EQ(tls.common.key_log->local[0].ToString(), "10.0.0.0/8");
  ASSERT_EQ(tls.common.key_log->remote.size(), 1u);
  const std::string at = "common_tls_context.key_log.";
  EXPECT_THAT(Decode(schema::kClusterTypeUrl,
                     Upstream(trust + "key_log: {path: /k, local_address_range: [{address_prefix: "
                                      "x, prefix_len: 8}]}"))
                  .errors,
              testing::Contains(HasSubstr(at + "local_address_range[0]")));
  EXPECT_THAT(Decode(schema::kClusterTypeUrl, Upstream(trust + "key_log: {}")).errors,
              testing::Contains(HasSubstr(at + "path")));
}

// --- SPIFFE

// A bundle map with the certificate of `pem` under `domain`.
std::string BundleMap(const std::string& domain, const std::string& pem) {
  const std::string der = x509::ParseCertificates(pem)->front().Der();
  return "trust_bundles: {inline_string: '{\"trust_domains\": {\"" + domain +
         "\": {\"keys\": [{\"kty\": \"EC\", \"use\": \"jwt-svid\"}, {\"kty\": \"EC\", \"use\": \"" +
         "x509-svid\", \"x5c\": [\"" + Base64(der) + "\"]}]}}}'}, trust_domains: [{name: a}]";
}

TEST(DecodeTls, SpiffeTrustIsReadByDomain) {
  const x509::Authority other("Other");
  const auto secret = Decoded<Secret>(
      kSecretType,
      "{name: s, " +
          Spiffe(
              "trust_domains: [{name: b.example, trust_bundle: " + x509::InlineYaml(Root().pem()) +
              "}, {name: a.example, trust_bundle: " + x509::InlineYaml(other.pem()) + "}]") +
          "}");
  ASSERT_NE(secret, nullptr);
  const auto& spiffe = std::get<CertificateValidation>(secret->value).spiffe;
  ASSERT_EQ(spiffe.size(), 2u);
  EXPECT_EQ(spiffe[0].domain, "a.example");
  EXPECT_EQ(spiffe[0].bundle_pem, other.pem());
  EXPECT_EQ(spiffe[1].domain, "b.example");
}

TEST(DecodeTls, SpiffeTrustMayComeAsABundleMap) {
  const auto secret = Decoded<Secret>(
      kSecretType, "{name: s, " + Spiffe(BundleMap("a.example", Root().pem())) + "}");
  ASSERT_NE(secret, nullptr);
  const auto& spiffe = std::get<CertificateValidation>(secret->value).spiffe;
  ASSERT_EQ(spiffe.size(), 1u);
  EXPECT_EQ(spiffe[0].domain, "a.example");
  EXPECT_EQ(x509::ParseCertificates(spiffe[0].bundle_pem)->front().Der(),
            x509::ParseCertificates(Root().pem())->front().Der());
}

TEST(DecodeTls, SpiffeTrustIsRefusedByItsField) {
  const std::string root = x509::InlineYaml(Root().pem());
  const std::string good = "trust_domains: [{name: a.example, trust_bundle: " + root + "}]";
  const auto map = [](const std::string& json) {
    return "trust_domains: [{name: a}], trust_bundles: {inline_string: '" + json + "'}";
  };
  const std::string at = "validation_context.custom_validator_config.typed_config.";
  const std::pair<std::string, std::string> cases[] = {
      {Spiffe("trust_domains: [{name: A_b/c, trust_bundle: " + root + "}]"),
       at + "trust_domains[0].name: must be a trust domain"},
      {Spiffe("trust_domains: [{name: a, trust_bundle: {inline_string: x}}]"),
       at + "trust_domains[0].trust_bundle: there is no PEM block"},
      {Spiffe("trust_domains: [{name: a, trust_bundle: " + root +
              "}, {name: a, trust_bundle: " + root + "}]"),
       at + "trust_domains[1].name: is there twice"},
      {Spiffe(map("no json")), at + "trust_bundles: is no JSON"},
      {Spiffe(map("{}")), at + "trust_bundles: must be a SPIFFE bundle map"},
      {Spiffe(map("{\"trust_domains\": {\"a\": {\"keys\": []}}}")),
       at + "trust_bundles.trust_domains[\"a\"]: has no key with use"},
      {Spiffe(map("{\"trust_domains\": {\"a\": {\"keys\": [{\"use\": \"x509-svid\", \"x5c\": "
                  "[\"AAAA\"]}]}}}")),
       at + "trust_bundles.trust_domains[\"a\"].keys[0]: must have one certificate in x5c"},
      {Spiffe(good, ", trusted_ca: " + root),
       "validation_context.trusted_ca: has no effect with custom_validator_config"},
      {Spiffe(good, ", trust_chain_verification: ACCEPT_UNTRUSTED"),
       "validation_context.trust_chain_verification: has no effect"},
      {"validation_context: {custom_validator_config: {name: x, typed_config: {\"@type\": "
       "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}}}",
       "custom_validator_config.typed_config: must be a "
       "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig"},
  };
  for (const auto& [value, error] : cases) {
    EXPECT_THAT(Decode(kSecretType, "{name: s, " + value + "}").errors,
                testing::Contains(HasSubstr(error)))
        << value;
  }
}

}  // namespace
}  // namespace weir::config::proto
