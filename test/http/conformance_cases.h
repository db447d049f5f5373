// Reads the conformance cases of test/conformance: one JSON object a line, strings holding bytes as
// code points below 256.
#pragma once

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::http {

// A JSON value as far as the cases need it.
struct CaseValue {
  std::string text;  // Of a string (its bytes), or a number, true or false as written.
  std::vector<CaseValue> items;
  std::map<std::string, CaseValue> members;
};

// Reads one line of the files, which are well-formed; anything else fails the test.
class CaseReader {
 public:
  explicit CaseReader(const std::string& line) : line_(line) {}

  CaseValue Read() {
    SkipBlanks();
    CaseValue value;
    switch (Peek()) {
      case '{':
        ReadList('}', [&] {
          const std::string name = ReadString();
          Expect(':');
          value.members[name] = Read();
        });
        break;
      case '[':
        ReadList(']', [&] { value.items.push_back(Read()); });
        break;
      case '"':
        value.text = ReadString();
        break;
      default:
        while (at_ < line_.size() && std::string(",]} ").find(Peek()) == std::string::npos) {
          value.text.push_back(line_[at_++]);
        }
    }
    return value;
  }

 private:
  char Peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }
  void SkipBlanks() {
    while (Peek() == ' ') ++at_;
  }
  void Expect(char c) {
    SkipBlanks();
    ASSERT_EQ(Peek(), c) << line_.substr(0, 100) << " at " << at_;
    ++at_;
    SkipBlanks();
  }
  template <typename ReadItem>
  void ReadList(char close, ReadItem read_item) {
    ++at_;
    for (SkipBlanks(); at_ < line_.size() && Peek() != close; SkipBlanks()) {
      read_item();
      SkipBlanks();
      if (Peek() == ',') ++at_;
      SkipBlanks();
    }
    ++at_;
  }
  std::string ReadString() {
    std::string bytes;
    EXPECT_EQ(Peek(), '"') << line_.substr(0, 100) << " at " << at_;
    for (++at_; at_ < line_.size() && Peek() != '"'; ++at_) {
      const auto c = static_cast<uint8_t>(line_[at_]);
      if (c >= 0x80) {
        const auto next = static_cast<uint8_t>(line_[++at_]);
        bytes.push_back(static_cast<char>((c & 0x03) << 6 | (next & 0x3f)));
      } else if (c == '\\') {
        bytes.push_back(ReadEscape());
      } else {
        bytes.push_back(static_cast<char>(c));
      }
    }
    ++at_;
    return bytes;
  }
  char ReadEscape() {
    switch (const char c = line_[++at_]) {
      case 'r':
        return '\r';
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'u':
        at_ += 4;
        return static_cast<char>(std::stoi(line_.substr(at_ - 3, 4), nullptr, 16));
      default:
        return c;
    }
  }

  const std::string& line_;
  size_t at_ = 0;
};

class ConformanceCase {
 public:
  explicit ConformanceCase(const std::string& line) : value_(CaseReader(line).Read()) {}
  bool Has(const std::string& name) const { return value_.members.count(name) != 0; }
  const CaseValue& Get(const std::string& name) const { return value_.members.at(name); }
  // "" when absent. Markers are replaced by their copies.
  std::string Text(const std::string& name) const {
    return Has(name) ? Expand(Get(name).text) : "";
  }
  std::string Expand(std::string text) const {
    if (!Has("repeat")) return text;
    for (const auto& [marker, what] : Get("repeat").members) {
      std::string copies;
      for (int i = std::stoi(what.items[1].text); i > 0; --i) copies += what.items[0].text;
      for (size_t at = text.find(marker); at != std::string::npos;
           at = text.find(marker, at + copies.size())) {
        text.replace(at, marker.size(), copies);
      }
    }
    return text;
  }
  bool Flag(const std::string& name) const { return Text(name) == "true"; }
  int Number(const std::string& name, int otherwise) const {
    return Has(name) ? std::stoi(Get(name).text) : otherwise;
  }
  std::vector<std::string> Texts(const std::string& name) const {
    std::vector<std::string> texts;
    if (!Has(name)) return texts;
    for (const CaseValue& each : Get(name).items) texts.push_back(each.text);
    return texts;
  }
  std::vector<int> Numbers(const std::string& name) const {
    std::vector<int> numbers;
    for (const std::string& text : Texts(name)) numbers.push_back(std::stoi(text));
    return numbers;
  }
  std::string id() const { return Text("id"); }

 private:
  CaseValue value_;
};

inline std::vector<ConformanceCase> ReadConformanceCases(const std::string& file) {
  std::vector<ConformanceCase> cases;
  std::ifstream in("test/conformance/" + file);
  EXPECT_TRUE(in.good()) << file;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) cases.emplace_back(line);
  }
  return cases;
}

}  // namespace weir::http
