// SPDX-License-Identifier: Apache-2.0

#include "tests/compare/markup.h"

#include <cctype>
#include <stdexcept>
#include <utility>

#include "gtest/gtest.h"

namespace finalize_test {
namespace {

bool IsNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
}

class Reader {
 public:
  explicit Reader(const std::string& document) : document_(document) {}

  std::unique_ptr<MarkupElement> ReadDocument() {
    Expect(Skip("<!DOCTYPE html>"), "no doctype");
    SkipSpace();
    while (Skip("<!--")) {
      Until("-->");
      SkipSpace();
    }
    Expect(Skip("<"), "no element");
    std::unique_ptr<MarkupElement> root = ReadElement(nullptr);
    SkipSpace();
    Expect(at_ == document_.size(), "text after the end");
    return root;
  }

 private:
  void Expect(bool holds, const std::string& problem) const {
    if (holds) return;
    throw std::runtime_error(problem +
                             ", before: " + document_.substr(at_, 60));
  }

  char Next() const { return at_ < document_.size() ? document_[at_] : '\0'; }

  bool Skip(const std::string& text) {
    if (document_.compare(at_, text.size(), text) != 0) return false;
    at_ += text.size();
    return true;
  }

  bool SkipSpace() {
    const size_t begin = at_;
    while (Next() == ' ' || Next() == '\n') ++at_;
    return at_ != begin;
  }

  std::string Until(const std::string& end) {
    const size_t found = document_.find(end, at_);
    Expect(found != std::string::npos, "no " + end);
    std::string text = document_.substr(at_, found - at_);
    at_ = found + end.size();
    return text;
  }

  std::string ReadName() {
    const size_t begin = at_;
    while (IsNameCharacter(Next())) ++at_;
    Expect(at_ != begin, "no name");
    return document_.substr(begin, at_ - begin);
  }

  std::string Unescaped(const std::string& text) const {
    static const std::map<std::string, char> kReferences = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}};
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
      Expect(text[i] != '<', "< in " + text);
      if (text[i] != '&') {
        plain += text[i];
        continue;
      }
      const std::string reference = text.substr(i, text.find(';', i) - i + 1);
      const auto found = kReferences.find(reference);
      Expect(found != kReferences.end(), "no reference: " + reference);
      plain += found->second;
      i += reference.size() - 1;
    }
    return plain;
  }

  void ReadAttributes(MarkupElement* element) {
    while (SkipSpace() && IsNameCharacter(Next())) {
      const std::string name = ReadName();
      Expect(Skip("=\""), "no value of " + name);
      const std::string value = Unescaped(Until("\""));
      Expect(element->attributes.emplace(name, value).second,
             name + " is given twice");
    }
  }

  // After its "<".
  std::unique_ptr<MarkupElement> ReadElement(const MarkupElement* parent) {
    auto element = std::make_unique<MarkupElement>();
    element->name = ReadName();
    element->parent = parent;
    ReadAttributes(element.get());
    if (Skip("/>")) return element;
    Expect(Skip(">"), element->name + " has no >");
    for (;;) {
      auto text = std::make_unique<MarkupElement>();
      text->text = Unescaped(Until("<"));
      text->parent = element.get();
      element->children.push_back(std::move(text));
      if (Skip("/")) break;
      element->children.push_back(ReadElement(element.get()));
    }
    Expect(ReadName() == element->name && Skip(">"),
           element->name + " is not closed");
    return element;
  }

  const std::string& document_;
  size_t at_ = 0;
};

}  // namespace

std::string MarkupElement::operator[](const std::string& attribute) const {
  const auto found = attributes.find(attribute);
  return found == attributes.end() ? "" : found->second;
}

bool MarkupElement::HasClass(const std::string& name) const {
  return (" " + (*this)["class"] + " ").find(" " + name + " ") !=
         std::string::npos;
}

std::string MarkupElement::AllText() const {
  std::string all = text;
  for (const auto& child : children) all += child->AllText();
  return all;
}

std::vector<const MarkupElement*> MarkupElement::Find(
    const std::function<bool(const MarkupElement&)>& wanted) const {
  std::vector<const MarkupElement*> found;
  for (const auto& child : children) {
    if (!child->name.empty() && wanted(*child)) found.push_back(child.get());
    const auto below = child->Find(wanted);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

std::vector<const MarkupElement*> MarkupElement::Find(
    const std::string& name) const {
  return Find([&](const MarkupElement& one) { return one.name == name; });
}

std::unique_ptr<MarkupElement> ReadMarkup(const std::string& document) {
  try {
    return Reader(document).ReadDocument();
  } catch (const std::runtime_error& error) {
    ADD_FAILURE() << error.what();
    return nullptr;
  }
}

std::string MarkupError(const std::string& document) {
  try {
    Reader(document).ReadDocument();
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace finalize_test
