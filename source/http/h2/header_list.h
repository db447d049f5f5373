// Heads as nghttp2 takes them: a list of name and value pointers, valid during one submit call.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string>
#include <utility>
#include <vector>

#include "source/http/message.h"

namespace weir::http::h2 {

class HeaderList {
 public:
  void SetRequest(const RequestHead& head);
  void SetResponse(const ResponseHead& head, bool is_head);
  void SetTrailers(const HeaderMap& trailers);
  // A copy for later, and the list made of one, which must stay.
  std::vector<std::pair<std::string, std::string>> Copy() const;
  void Set(const std::vector<std::pair<std::string, std::string>>& fields);

  const nghttp2_nv* data() const { return fields_.data(); }
  size_t size() const { return fields_.size(); }

 private:
  void Add(std::string_view name, std::string_view value, uint8_t flags = NGHTTP2_NV_FLAG_NONE);
  void AddFields(const HeaderMap& headers);
  void AddContentLength(uint64_t length);

  std::vector<nghttp2_nv> fields_;
  char status_[4];
  char length_[24];
};

}  // namespace weir::http::h2
