// /certs: the certificates that are shown to peers and those that are trusted.
#include <algorithm>

#include "source/admin/draft.h"
#include "source/admin/pages.h"
#include "source/schema/proto_to_text.h"

namespace weir::admin {
namespace {

uint64_t DaysBetween(event::SystemTime now, event::SystemTime end) {
  const auto days = std::chrono::duration_cast<std::chrono::hours>(end - now).count() / 24;
  return static_cast<uint64_t>(std::max<int64_t>(days, 0));
}

void Fill(const CertificateStatus& certificate, event::SystemTime now, Draft details) {
  details.Text("path", certificate.path.empty() ? "<inline>" : certificate.path)
      .Text("serial_number", certificate.serial)
      .Number("days_until_expiration", DaysBetween(now, certificate.expires))
      .Time("valid_from", certificate.valid_from)
      .Time("expiration_time", certificate.expires);
  if (certificate.staple_from.has_value()) {
    Draft staple = details.Sub("ocsp_details");
    staple.Time("valid_from", *certificate.staple_from);
    if (certificate.staple_until.has_value()) staple.Time("expiration", *certificate.staple_until);
  }
  const auto add = [&](const std::vector<std::string>& names, std::string_view kind) {
    for (const std::string& name : names) details.Add("subject_alt_names").Text(kind, name);
  };
  add(certificate.dns_names, "dns");
  add(certificate.uri_names, "uri");
  add(certificate.ip_names, "ip_address");
}

}  // namespace

Page CertificatesPage(const Inputs& inputs, const Query&) {
  const auto message = NewDraftMessage("envoy.admin.v3.Certificates");
  if (inputs.view->certificates) {
    for (const ContextCertificates& context : inputs.view->certificates()) {
      Draft certificates = Draft(*message).Add("certificates");
      for (const CertificateStatus& authority : context.authorities) {
        Fill(authority, inputs.view->now, certificates.Add("ca_cert"));
      }
      for (const CertificateStatus& own : context.own) {
        Fill(own, inputs.view->now, certificates.Add("cert_chain"));
      }
    }
  }
  return JsonPage(schema::MessageToJson(*message));
}

}  // namespace weir::admin
