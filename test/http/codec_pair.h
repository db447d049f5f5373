// A client and a server codec connected in memory, for tests that hold for every protocol.
#pragma once

#include <memory>
#include <string>

#include "source/http/h1/codec.h"
#include "source/http/h2/codec.h"
#include "test/http/recording_handler.h"

namespace weir::http {

class CodecPair {
 public:
  explicit CodecPair(Protocol protocol) : server(pool), to_server_(pool), to_client_(pool) {
    h1_options.enable_trailers = true;
    h2_options.allow_connect = true;
    if (protocol == Protocol::kHttp11) {
      client_codec = h1::CreateClientCodec(client, pool, h1_options);
      server_codec = h1::CreateServerCodec(server, pool, h1_options);
    } else {
      client_codec = h2::CreateClientCodec(client, pool, h2_options, h2_stats);
      server_codec = h2::CreateServerCodec(server, pool, h2_options, h2_stats);
    }
  }
  ~CodecPair() {
    client_codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
    server_codec->Abort(StreamError{.kind = ErrorKind::kConnectionClosed});
  }

  // Carries bytes both ways until none are left, `piece` at a time.
  void Run(size_t piece = SIZE_MAX) {
    for (bool moved = true; moved;) {
      moved = Carry(*client_codec, *server_codec, to_server_, server_state, piece);
      moved = CarryEnd(*client_codec, *server_codec, client_side_, server_state) || moved;
      moved = Carry(*server_codec, *client_codec, to_client_, client_state, piece) || moved;
      moved = CarryEnd(*server_codec, *client_codec, server_side_, client_state) || moved;
    }
  }

  RecordedResponse& Open(ClientStream*& stream) {
    responses.push_back(std::make_unique<RecordedResponse>(
        pool, client.events, StrCat("response ", responses.size() + 1)));
    stream = &client_codec->NewStream(*responses.back());
    return *responses.back();
  }
  // A request head in an arena of its own.
  struct Request {
    explicit Request(buffer::BlockPool& pool) : arena(pool), head(arena) {
      head.method = "GET";
      head.scheme = "http";
      head.authority = "a.example";
      head.path = "/";
    }
    buffer::Arena arena;
    RequestHead head;
  };
  buffer::Buffer Bytes(std::string_view text) {
    buffer::Buffer bytes(pool);
    bytes.Append(text);
    return bytes;
  }

  buffer::BlockPool pool;
  h1::Options h1_options;
  h2::Options h2_options;
  h2::Stats h2_stats;
  RecordingClient client;
  RecordingServer server;
  std::vector<std::unique_ptr<RecordedResponse>> responses;
  std::unique_ptr<ClientCodec> client_codec;
  std::unique_ptr<ServerCodec> server_codec;
  CodecState client_state = CodecState::kOpen;
  CodecState server_state = CodecState::kOpen;

 private:
  // One direction of a connection that may become a tunnel.
  struct Side {
    bool tunnel = false;
    bool ended = false;
  };

  // The write side is shut when a tunnel has sent all, or is over.
  static bool CarryEnd(Codec& from, Codec& to, Side& side, CodecState& state) {
    const CodecState sending = from.FinishTurn();
    side.tunnel = side.tunnel || IsTunnel(sending);
    const bool sent =
        sending == CodecState::kTunnelSent || (side.tunnel && sending == CodecState::kClosing);
    if (side.ended || !sent) return false;
    side.ended = true;
    state = to.DecodeEnd();
    return true;
  }
  static bool Carry(Codec& from, Codec& to, buffer::Buffer& wire, CodecState& state, size_t piece) {
    from.FinishTurn();
    const bool any = !from.output().empty();
    while (!from.output().empty()) {
      wire.MoveFrom(from.output(), piece);
      state = to.Decode(wire);
    }
    if (!any) {
      // What waits for a resume, or for the answer before it.
      const size_t before = wire.size();
      state = to.Decode(wire);
      if (wire.size() != before) return true;
    }
    state = to.FinishTurn();
    return any;
  }

  buffer::Buffer to_server_;
  buffer::Buffer to_client_;
  Side client_side_;
  Side server_side_;
};

}  // namespace weir::http
