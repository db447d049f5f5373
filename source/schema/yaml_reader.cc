// YAML 1.2 through yaml-cpp's events, so that aliases stay references and every node has its mark.

#include <exception>
#include <istream>
#include <optional>
#include <streambuf>

#include "source/base/strings.h"
#include "source/schema/document_builder.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/parser.h"

namespace weir::schema {
namespace {

Position FromMark(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

// Reads from a view without copying it.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

class EventSink : public YAML::EventHandler {
 public:
  EventSink(const SourceText& source, const TextLimits& limits, Diagnostics& diagnostics)
      : builder_(source.file, /*typed_scalars=*/false, limits, diagnostics) {}

  DocumentBuilder& builder() { return builder_; }
  // Of the first token of the document.
  const YAML::Mark& start() const { return start_; }

  void OnDocumentStart(const YAML::Mark& mark) override { start_ = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Null(FromMark(mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    builder_.Alias(FromMark(mark), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    // "?" is a plain scalar, "!" one in quotes or a block.
    const bool text = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!text) CheckTag(mark, tag);
    builder_.Scalar(FromMark(mark), value, text, anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    builder_.Begin(FromMark(mark), Node::Kind::kSequence, anchor);
  }
  void OnSequenceEnd() override { builder_.End(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    CheckTag(mark, tag);
    builder_.Begin(FromMark(mark), Node::Kind::kMapping, anchor);
  }
  void OnMapEnd() override { builder_.End(); }

 private:
  void CheckTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    builder_.Fail(FromMark(mark), "unknown YAML tag", ShownValue(tag));
  }

  DocumentBuilder builder_;
  YAML::Mark start_ = YAML::Mark::null_mark();
};

}  // namespace

void ReadYaml(const SourceText& source, const TextLimits& limits, Diagnostics& diagnostics,
              std::vector<std::shared_ptr<const Document>>& documents) {
  ViewBuffer buffer(source.text);
  std::istream stream(&buffer);
  std::optional<EventSink> sink;
  int last_start = -1;
  try {
    YAML::Parser parser(stream);
    while (true) {
      sink.emplace(source, limits, diagnostics);
      if (!parser.HandleNextDocument(*sink)) return;
      // yaml-cpp makes an empty document of a token that no node begins with, such as ",", and
      // would come to the same token again for ever.
      if (sink->start().pos == last_start) {
        return sink->builder().Fail(FromMark(sink->start()), "not YAML: no value begins here");
      }
      last_start = sink->start().pos;
      if (auto document = sink->builder().Finish()) documents.push_back(std::move(document));
    }
  } catch (const YAML::Exception& error) {
    if (!sink) sink.emplace(source, limits, diagnostics);
    sink->builder().Fail(FromMark(error.mark), StrCat("not YAML: ", error.msg));
  } catch (const std::exception& error) {
    if (!sink) sink.emplace(source, limits, diagnostics);
    sink->builder().Fail({}, StrCat("not YAML: ", error.what()));
  }
}

}  // namespace weir::schema
