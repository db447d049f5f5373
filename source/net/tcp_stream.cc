#include "source/net/tcp_stream.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "source/base/check.h"
#include "source/base/strings.h"
#include "source/net/system_calls.h"

namespace weir::net {
namespace {

// One write takes at most so many slices.
constexpr size_t kGather = 64;
// A read into less room than this costs more system calls than a new block costs memory.
constexpr size_t kLeastRoom = 2048;

// What one call takes of `from`; `offered` is how many bytes it was shown.
ssize_t WriteOnce(int fd, const buffer::Buffer& from, size_t& offered) {
  iovec slices[kGather];
  const size_t count = from.Gather(slices);
  // The kernel takes one slice by a shorter way than a list of them.
  if (count == 1) {
    offered = slices[0].iov_len;
    return Send(fd, slices[0].iov_base, offered);
  }
  offered = 0;
  for (size_t i = 0; i < count; ++i) offered += slices[i].iov_len;
  msghdr message{};
  message.msg_iov = slices;
  message.msg_iovlen = count;
  return SendGathered(fd, message);
}

int PendingError(int fd) {
  int error = 0;
  socklen_t length = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

}  // namespace

TcpStream::TcpStream(event::EpollLoop& loop, int fd, State state,
                     std::shared_ptr<const Address> local, Address remote)
    : loop_(loop), fd_(fd), state_(state), local_(std::move(local)), remote_(std::move(remote)) {
  const absl::Status registered = loop_.Register(fd_, *this);
  // ENOMEM and the limit on watches: the stream lives, and says that it failed.
  if (!registered.ok()) {
    close(fd_);
    fd_ = -1;
    state_ = State::kConnecting;
    immediate_failure_ = std::make_unique<event::Timer>(
        loop_, [this] { Fail("cannot watch the connection: ", ENOMEM); });
    immediate_failure_->Enable(event::Duration::zero());
  }
}

TcpStream::TcpStream(event::EpollLoop& loop, Address remote, int error_number)
    : loop_(loop), fd_(-1), state_(State::kConnecting), remote_(std::move(remote)) {
  immediate_failure_ = std::make_unique<event::Timer>(
      loop_, [this, error_number] { Fail("immediate connect error: ", error_number); });
  immediate_failure_->Enable(event::Duration::zero());
}

TcpStream::~TcpStream() {
  Close(ended_read_ && ended_write_ ? CloseMode::kNormal : CloseMode::kReset);
}

void TcpStream::SetHandler(ByteStreamHandler* handler) {
  handler_ = handler;
  if (handler_ != nullptr && missed_event_ && fd_ >= 0) {
    missed_event_ = false;
    loop_.Rearm(fd_);
  }
}

IoResult TcpStream::Read(buffer::Buffer& into, size_t limit) {
  if (state_ == State::kConnecting) return {IoOutcome::kAgain};
  if (state_ != State::kOpen) return {IoOutcome::kError};
  if (ended_read_) return {IoOutcome::kEof};
  if (limit == 0) return {IoOutcome::kOk};
  const std::span<char> room = into.Reserve(std::min(limit, kLeastRoom));
  const size_t asked = std::min(room.size(), limit);
  ssize_t n;
  do {
    n = Receive(fd_, room.data(), asked);
  } while (n < 0 && errno == EINTR);
  if (n > 0) {
    const auto bytes = static_cast<size_t>(n);
    into.Commit(bytes);
    const bool emptied = bytes < asked && !read_to_end_;
    return {emptied ? IoOutcome::kAgain : IoOutcome::kOk, bytes};
  }
  into.Commit(0);
  if (n == 0) {
    ended_read_ = true;
    return {IoOutcome::kEof};
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoOutcome::kAgain};
  state_ = State::kFailed;
  return {IoOutcome::kError};
}

IoResult TcpStream::Write(buffer::Buffer& from) {
  if (state_ == State::kConnecting) {
    want_writable_ = true;
    return {IoOutcome::kAgain};
  }
  if (state_ != State::kOpen || ended_write_) return {IoOutcome::kError};
  size_t total = 0;
  while (!from.empty()) {
    size_t offered = 0;
    const ssize_t n = WriteOnce(fd_, from, offered);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return {IoOutcome::kError, total};
      want_writable_ = true;
      return {total > 0 ? IoOutcome::kOk : IoOutcome::kAgain, total};
    }
    const auto bytes = static_cast<size_t>(n);
    from.Drain(bytes);
    total += bytes;
    // A part taken means that the kernel is full: asking again would give EAGAIN.
    if (bytes < offered) {
      want_writable_ = true;
      break;
    }
  }
  return {IoOutcome::kOk, total};
}

void TcpStream::ShutdownWrite() {
  if (ended_write_ || state_ != State::kOpen) return;
  ended_write_ = true;
  // It fails only when the peer has reset, of which the loop tells.
  shutdown(fd_, SHUT_WR);
}

void TcpStream::Close(CloseMode mode) {
  handler_ = nullptr;
  state_ = State::kClosed;
  immediate_failure_.reset();
  if (fd_ < 0) return;
  if (mode == CloseMode::kReset && remote_.is_ip()) {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  loop_.Forget(fd_);
  close(fd_);
  fd_ = -1;
}

const Address& TcpStream::local_address() const {
  if (local_ == nullptr) {
    sockaddr_storage storage{};
    socklen_t length = sizeof(storage);
    if (fd_ < 0 || getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &length) != 0) {
      static const Address kUnknown;
      return kUnknown;
    }
    local_ = std::make_shared<const Address>(Address::FromSockaddr(storage, length));
  }
  return *local_;
}

const TransportFacts& TcpStream::transport() const {
  static const TransportFacts kCleartext;
  return kCleartext;
}

void TcpStream::Fail(std::string_view prefix, int error_number) {
  state_ = State::kFailed;
  if (handler_ == nullptr) return;
  handler_->OnFailed(StrCat(prefix, std::system_category().message(error_number)));
}

void TcpStream::FinishConnect() {
  if (const int error = PendingError(fd_); error != 0) {
    Fail("delayed connect error: ", error);
    return;
  }
  state_ = State::kOpen;
  handler_->OnConnected();
}

void TcpStream::OnEvents(uint32_t events) {
  if (handler_ == nullptr) {
    missed_event_ = true;
    return;
  }
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) read_to_end_ = true;
  if (state_ == State::kConnecting) {
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) == 0) return;
    FinishConnect();
  }
  // Each call may close the stream or move it on.
  constexpr uint32_t kReadable = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  const auto heard = [this] { return state_ == State::kOpen && handler_ != nullptr; };
  if ((events & kReadable) != 0 && heard() && !ended_read_) handler_->OnReadable();
  if ((events & EPOLLERR) != 0 && heard()) {
    const int error = PendingError(fd_);
    Fail("", error == 0 ? ECONNRESET : error);
    return;
  }
  if ((events & EPOLLOUT) != 0 && want_writable_ && heard()) {
    want_writable_ = false;
    handler_->OnWritable();
  }
}

}  // namespace weir::net
