// One end of a connection in a test: writes down what it is told, and reads as its test says.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/buffer/buffer.h"
#include "source/net/network.h"

namespace weir::net {

class RecordingPeer final : public ByteStreamHandler {
 public:
  explicit RecordingPeer(buffer::BlockPool& pool) : output(pool), pool_(pool) {}

  void Adopt(std::unique_ptr<ByteStream> adopted) {
    stream = std::move(adopted);
    stream->SetHandler(this);
  }

  // Puts `bytes` behind what waits, and writes until the transport is full.
  void Send(std::string_view bytes) {
    output.Append(bytes);
    Flush();
  }
  void Flush() {
    while (!output.empty() && !write_failed) {
      const size_t before = output.size();
      const IoResult result = stream->Write(output);
      if (result.outcome == IoOutcome::kError) write_failed = true;
      taken += before - output.size();
      if (!output.empty()) break;
    }
    if (output.empty() && end_after_output) stream->ShutdownWrite();
  }
  // Reads all that is there now.
  void ReadAll() {
    for (;;) {
      buffer::Buffer in(pool_);
      const IoResult result = stream->Read(in, read_limit);
      input += in.ToString();
      if (result.outcome == IoOutcome::kEof) ended = true;
      if (result.outcome == IoOutcome::kError) read_failed = true;
      if (result.outcome != IoOutcome::kOk) return;
    }
  }

  void OnConnected() override { ++connected; }
  void OnReadable() override {
    ++readable;
    if (!paused && !ended) ReadAll();
  }
  void OnWritable() override {
    ++writable;
    Flush();
  }
  void OnFailed(std::string_view reason) override {
    ++failed;
    failure = reason;
  }
  bool broken() const { return failed > 0 || read_failed; }

  std::unique_ptr<ByteStream> stream;
  buffer::Buffer output;
  std::string input;
  std::string failure;
  size_t read_limit = 65536;
  size_t taken = 0;
  bool paused = false;
  bool end_after_output = false;
  bool ended = false;
  bool read_failed = false;
  bool write_failed = false;
  int connected = 0, readable = 0, writable = 0, failed = 0;

 private:
  buffer::BlockPool& pool_;
};

class RecordingAcceptor final : public AcceptHandler {
 public:
  explicit RecordingAcceptor(buffer::BlockPool& pool) : pool_(pool) {}

  void OnAccept(std::unique_ptr<ByteStream> stream) override {
    peers.push_back(std::make_unique<RecordingPeer>(pool_));
    peers.back()->Adopt(std::move(stream));
    if (on_accept) on_accept();
  }
  void OnAcceptError(std::string_view reason) override { errors.emplace_back(reason); }

  std::vector<std::unique_ptr<RecordingPeer>> peers;
  std::vector<std::string> errors;
  std::function<void()> on_accept;

 private:
  buffer::BlockPool& pool_;
};

}  // namespace weir::net
