// SPDX-License-Identifier: Apache-2.0

#include "finalize/internal/base/callback_text.h"

#include <cxxabi.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "absl/debugging/symbolize.h"

namespace finalize_internal {
namespace {

struct FreeDeleter {
  void operator()(char* text) const { std::free(text); }
};

void AppendDemangled(const char* mangled, std::string* out) {
  int status = 0;
  std::unique_ptr<char, FreeDeleter> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status));
  AppendEscaped(status == 0 ? text.get() : mangled, out);
}

template <class T>
void AppendFormatted(const char* format, T value, std::string* out) {
  char text[48];
  snprintf(text, sizeof(text), format, value);
  out->append(text);
}

}  // namespace

void AppendTypeName(const std::type_info& type, std::string* out) {
  AppendDemangled(type.name(), out);
}

void AppendTypeName(const TypeIdentity& type, std::string* out) {
  if (type.info != nullptr) return AppendTypeName(*type.info, out);
  std::string_view text = type.text();
  const size_t name = text.find("T = ");
  if (name != text.npos) {
    text = text.substr(name + 4, text.rfind(']') - name - 4);
  }
  AppendEscaped(text, out);
}

void AppendSymbol(const void* address, const TypeIdentity& type,
                  std::string* out) {
  if (address == nullptr) {
    out->append("nullptr");
    return;
  }
  char symbol[512];
  if (!absl::Symbolize(address, symbol, sizeof(symbol))) {
    AppendTypeName(type, out);
    return;
  }
  // `RemoveTree()` reads `RemoveTree`: the arguments follow as values.
  std::string_view name = symbol;
  if (!name.empty() && name.back() == ')')
    name = name.substr(0, name.rfind('('));
  AppendEscaped(name, out);
}

void AppendPointer(const void* pointer, std::string* out) {
  AppendFormatted("%p", pointer, out);
}
void AppendInteger(long long value, std::string* out) {
  AppendFormatted("%lld", value, out);
}
void AppendUnsigned(unsigned long long value, std::string* out) {
  AppendFormatted("%llu", value, out);
}
void AppendReal(double value, std::string* out) {
  AppendFormatted("%g", value, out);
}

}  // namespace finalize_internal
