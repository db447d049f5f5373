// What the server and the client codec pass on to their connection, and the streams that both keep.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "source/http/h2/codec.h"
#include "source/http/h2/connection.h"

namespace weir::http::h2 {

// `Interface` is the codec's, `Handler` its receiver's; a StreamObject has a StreamState `state`.
template <typename Interface, typename Handler, typename StreamObject>
class Side : public Interface, protected Endpoint {
 public:
  CodecState Decode(buffer::Buffer& in) final { return connection_.Decode(in); }
  CodecState DecodeEnd() final { return connection_.DecodeEnd(); }
  CodecState Abort(const StreamError& error) final { return connection_.Abort(error); }
  CodecState FinishTurn() final { return connection_.FinishTurn(); }
  void StartDrain() final { connection_.StartDrain(); }
  buffer::Buffer& output() final { return connection_.output(); }
  void SetOutputBlocked(bool blocked) final { connection_.SetOutputBlocked(blocked); }
  size_t active_streams() const final { return connection_.active_streams(); }
  Protocol protocol() const final { return Protocol::kHttp2; }
  Pings& pings() final { return connection_; }

 protected:
  Side(Connection::Role role, Handler& handler, buffer::BlockPool& pool, const Options& options,
       Stats& stats)
      : handler_(handler),
        pool_(pool),
        options_(options),
        connection_(role, *this, pool, options, stats) {}

  StreamObject& Keep(std::unique_ptr<StreamObject> stream) {
    streams_.push_back(std::move(stream));
    connection_.Add(streams_.back()->state);
    return *streams_.back();
  }

  Handler& handler_;
  buffer::BlockPool& pool_;
  const Options& options_;
  Connection connection_;
  // Aligned with the connection's table: the stream of slot i stands at i.
  std::vector<std::unique_ptr<StreamObject>> streams_;

 private:
  void OnOutput() final { handler_.OnOutput(); }
  void OnConnectionError(const StreamError& error) final { handler_.OnConnectionError(error); }
  void DestroyStream(StreamState& stream) final {
    // The connection has put its last stream into the slot of this one.
    std::swap(streams_[stream.slot], streams_.back());
    streams_.pop_back();
  }
};

}  // namespace weir::http::h2
