// The fields of one HEADERS frame with its CONTINUATIONs while they are decoded, and the head made
// of them.
//
// A connection has one: header blocks are never interleaved (RFC 9113, 4.3). Fields above the
// limits are counted and not kept. Making a head copies the text once, into the head's arena.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/http/h2/codec.h"
#include "source/http/message.h"

namespace weir::http::h2 {

class HeaderBlock {
 public:
  explicit HeaderBlock(const Options& options) : options_(options) {}

  void Start();
  void Add(std::string_view name, std::string_view value);
  // The decoded list is larger than the limits allow: names, values and 32 a field, as they came.
  // The crumbs of a cookie are one field, and have a limit of their own.
  bool too_large() const { return too_large_; }
  // Twice what the limits allow: not worth being decoded to its end, nor an answer.
  bool hopeless() const { return hopeless_; }
  // A value has bytes above 127, which the options forbid.
  bool has_forbidden_text() const { return forbidden_text_; }

  // Whether the fields are a request that may be forwarded; empty when they are, else the rule that
  // is broken (RFC 9113, 8.3.1 and 8.2.2, and the grammar of RFC 9110).
  std::string_view CheckRequest() const;
  bool IsConnect() const { return method_ == "CONNECT"; }
  bool IsHead() const { return method_ == "HEAD"; }
  // After CheckRequest: an extended CONNECT.
  bool HasProtocol() const { return protocol_.set; }
  // After CheckRequest. `end`: no body follows.
  void FillRequest(std::string_view scheme, bool end, RequestHead& head) const;

  // 0 when there is none that is valid (100 to 599, and not 101).
  uint16_t status() const;
  // `bodiless`: the answer to HEAD.
  void FillResponse(bool end, bool bodiless, ResponseHead& head) const;

  // Without what must not follow a body.
  void FillTrailers(HeaderMap& trailers) const;

 private:
  struct Field {
    uint32_t at;
    uint32_t name_size;
    uint32_t value_size;
    HeaderId id;
  };
  void CountField(HeaderId id, bool pseudo, size_t size);
  std::string_view CheckConnect(std::string_view authority) const;
  void AddPseudo(std::string_view name, uint32_t at, size_t size);
  std::string_view Name(const Field& field) const {
    return {text_.data() + field.at, field.name_size};
  }
  std::string_view Value(const Field& field) const {
    return {text_.data() + field.at + field.name_size, field.value_size};
  }
  // Of a field in `text`, a copy of text_.
  void CopyFields(const char* text, HeaderMap& headers) const;
  void JoinCookies(const char* text, HeaderMap& headers) const;
  // The value after `name` in text_, as a view into text_ that survives its growth.
  struct Pseudo {
    uint32_t at = 0;
    uint32_t size = 0;
    bool set = false;
  };
  std::string_view ViewOf(const Pseudo& pseudo) const {
    return {text_.data() + pseudo.at, pseudo.size};
  }

  const Options& options_;
  std::string text_;
  std::vector<Field> fields_;
  std::string method_;
  Pseudo method_at_, scheme_, authority_, path_, status_, host_, protocol_;
  size_t bytes_ = 0;
  size_t count_ = 0;
  size_t cookies_ = 0;
  bool many_hosts_ = false;
  bool too_large_ = false;
  bool hopeless_ = false;
  bool forbidden_text_ = false;
  std::optional<uint64_t> content_length_;
};

}  // namespace weir::http::h2
