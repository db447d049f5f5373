#include <cstdlib>
#include <utility>

#include "source/base/status.h"
#include "source/base/strings.h"
#include "test/interop/client.h"
#include "test/interop/http2_client.h"

namespace weir::interop {
namespace {

class Http1Client final : public Client {
 public:
  explicit Http1Client(Socket socket) : socket_(std::move(socket)), reader_(socket_) {}

  std::vector<absl::StatusOr<Answer>> Exchange(const std::vector<Request>& requests,
                                               Instant deadline) override {
    std::vector<absl::StatusOr<Answer>> answers;
    for (const Request& request : requests) answers.push_back(One(request, deadline));
    return answers;
  }
  bool told_to_close() const override { return told_to_close_; }
  bool Rest(Instant deadline) override {
    return !reader_.has_more() && !socket_.Readable(deadline);
  }

 private:
  absl::StatusOr<Answer> One(const Request& request, Instant deadline) {
    Headers headers = request.headers;
    headers["host"] = "zero.test";
    WEIR_RETURN_IF_ERROR(
        socket_.Write(Http1Text(StrCat(request.method, " ", request.path, " HTTP/1.1"), headers,
                                request.body, request.body.size() % 2 == 1),
                      deadline));
    WEIR_ASSIGN_OR_RETURN(Http1Reader::Message message, reader_.Read(deadline));
    Answer answer;
    // "HTTP/1.1 200 OK"
    if (message.start_line.size() > 9) answer.status = std::atoi(message.start_line.c_str() + 9);
    answer.headers = std::move(message.headers);
    answer.body = std::move(message.body);
    told_to_close_ = answer.header("connection") == "close";
    return answer;
  }

  Socket socket_;
  Http1Reader reader_;
  bool told_to_close_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> ConnectClient(Protocol protocol, uint16_t port,
                                                      Instant deadline) {
  WEIR_ASSIGN_OR_RETURN(Socket socket, Socket::Connect(port, deadline));
  if (protocol == Protocol::kHttp2) return MakeHttp2Client(std::move(socket));
  return std::make_unique<Http1Client>(std::move(socket));
}

}  // namespace weir::interop
