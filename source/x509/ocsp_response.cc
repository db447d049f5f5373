#include "source/x509/ocsp_response.h"

#include <openssl/asn1.h>
#include <openssl/bytestring.h>

#include "source/base/status.h"
#include "source/x509/asn1_integer.h"
#include "source/x509/crypto_error.h"

namespace weir::x509 {
namespace {

constexpr unsigned kContext0 = CBS_ASN1_CONTEXT_SPECIFIC | 0;
constexpr unsigned kExplicit0 = CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 0;
constexpr unsigned kExplicit1 = CBS_ASN1_CONTEXT_SPECIFIC | CBS_ASN1_CONSTRUCTED | 1;
constexpr unsigned kContext2 = CBS_ASN1_CONTEXT_SPECIFIC | 2;
// 1.3.6.1.5.5.7.48.1.1, id-pkix-ocsp-basic
constexpr uint8_t kBasicResponse[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};

absl::Status Malformed() { return InvalidArgument("the bytes are no OCSP response in DER"); }

// By its number in OCSPResponseStatus (RFC 6960, 4.2.1).
std::string_view NameOfFailure(uint8_t status) {
  constexpr std::string_view kNames[] = {"successful",  "malformedRequest", "internalError",
                                         "tryLater",    "status 4",         "sigRequired",
                                         "unauthorized"};
  return status < std::size(kNames) ? kNames[status] : "an unknown status";
}

// "20260131235959Z", as DER writes a GeneralizedTime without fractions.
bool ReadTime(CBS* in, OcspResponse::Time& time) {
  CBS text;
  if (!CBS_get_asn1(in, &text, CBS_ASN1_GENERALIZEDTIME) || CBS_len(&text) != 15) return false;
  const uint8_t* const at = CBS_data(&text);
  if (at[14] != 'Z') return false;
  for (int i = 0; i < 14; ++i) {
    if (at[i] < '0' || at[i] > '9') return false;
  }
  const auto number = [&](int from, int digits) {
    int value = 0;
    for (int i = from; i < from + digits; ++i) value = 10 * value + (at[i] - '0');
    return value;
  };
  using namespace std::chrono;
  const year_month_day date{year(number(0, 4)), month(static_cast<unsigned>(number(4, 2))),
                            day(static_cast<unsigned>(number(6, 2)))};
  if (!date.ok() || number(8, 2) > 23 || number(10, 2) > 59 || number(12, 2) > 59) return false;
  time = sys_days(date) + hours(number(8, 2)) + minutes(number(10, 2)) + seconds(number(12, 2));
  return true;
}

// CertID: two hashes of the issuer, which nobody here needs, and the serial.
bool ReadCertificateId(CBS* in, std::string& serial) {
  CBS id, element;
  if (!CBS_get_asn1(in, &id, CBS_ASN1_SEQUENCE) || !CBS_get_asn1(&id, nullptr, CBS_ASN1_SEQUENCE) ||
      !CBS_get_asn1(&id, nullptr, CBS_ASN1_OCTETSTRING) ||
      !CBS_get_asn1(&id, nullptr, CBS_ASN1_OCTETSTRING) ||
      !CBS_get_asn1_element(&id, &element, CBS_ASN1_INTEGER)) {
    return false;
  }
  const uint8_t* at = CBS_data(&element);
  const bssl::UniquePtr<ASN1_INTEGER> number(
      d2i_ASN1_INTEGER(nullptr, &at, static_cast<long>(CBS_len(&element))));
  if (number == nullptr) return false;
  serial = HexOf(*number);
  return true;
}

bool ReadStatus(CBS* in, OcspResponse::Status& status) {
  if (CBS_peek_asn1_tag(in, kContext0)) {
    status = OcspResponse::Status::kGood;
    return CBS_get_asn1(in, nullptr, kContext0) == 1;
  }
  if (CBS_peek_asn1_tag(in, kExplicit1)) {
    status = OcspResponse::Status::kRevoked;
    return CBS_get_asn1(in, nullptr, kExplicit1) == 1;
  }
  status = OcspResponse::Status::kUnknown;
  return CBS_get_asn1(in, nullptr, kContext2) == 1;
}

bool ReadSingleResponse(CBS* in, OcspResponse& response) {
  CBS single, next;
  int has_next = 0;
  if (!CBS_get_asn1(in, &single, CBS_ASN1_SEQUENCE) ||
      !ReadCertificateId(&single, response.serial) || !ReadStatus(&single, response.status) ||
      !ReadTime(&single, response.this_update) ||
      !CBS_get_optional_asn1(&single, &next, &has_next, kExplicit0)) {
    return false;
  }
  if (has_next == 0) return true;
  return ReadTime(&next, response.next_update.emplace());
}

// The list of single responses inside a BasicOCSPResponse.
bool ReadResponses(CBS* basic_response, CBS* responses) {
  CBS basic, data;
  if (!CBS_get_asn1(basic_response, &basic, CBS_ASN1_SEQUENCE) ||
      !CBS_get_asn1(&basic, &data, CBS_ASN1_SEQUENCE) ||
      !CBS_get_optional_asn1(&data, nullptr, nullptr, kExplicit0)) {
    return false;
  }
  // responderID, by name or by key.
  return CBS_get_any_asn1_element(&data, nullptr, nullptr, nullptr) == 1 &&
         CBS_get_asn1(&data, nullptr, CBS_ASN1_GENERALIZEDTIME) == 1 &&
         CBS_get_asn1(&data, responses, CBS_ASN1_SEQUENCE) == 1;
}

}  // namespace

absl::StatusOr<OcspResponse> ParseOcspResponse(std::string_view der) {
  CBS in, outer, status, wrapped, bytes, type, basic, responses;
  CBS_init(&in, reinterpret_cast<const uint8_t*>(der.data()), der.size());
  uint8_t code = 0;
  if (!CBS_get_asn1(&in, &outer, CBS_ASN1_SEQUENCE) || CBS_len(&in) != 0 ||
      !CBS_get_asn1(&outer, &status, CBS_ASN1_ENUMERATED) || !CBS_get_u8(&status, &code)) {
    return Malformed();
  }
  if (code != 0) {
    return InvalidArgument(StrCat("the OCSP response says no more than ", NameOfFailure(code)));
  }
  if (!CBS_get_asn1(&outer, &wrapped, kExplicit0) ||
      !CBS_get_asn1(&wrapped, &bytes, CBS_ASN1_SEQUENCE) ||
      !CBS_get_asn1(&bytes, &type, CBS_ASN1_OBJECT) ||
      !CBS_get_asn1(&bytes, &basic, CBS_ASN1_OCTETSTRING)) {
    return Malformed();
  }
  if (!CBS_mem_equal(&type, kBasicResponse, sizeof(kBasicResponse))) {
    return InvalidArgument("the OCSP response is of another type than id-pkix-ocsp-basic");
  }
  if (!ReadResponses(&basic, &responses)) return Malformed();
  OcspResponse response;
  if (!ReadSingleResponse(&responses, response)) {
    TakeCryptoError();
    return Malformed();
  }
  if (CBS_len(&responses) != 0) {
    return InvalidArgument("the OCSP response is about more than one certificate");
  }
  return response;
}

}  // namespace weir::x509
