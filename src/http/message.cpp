#include "http/message.hpp"

#include <cstring>

namespace cachearr::http {

namespace {

std::string_view moved(std::string_view view, const char* from, const char* to) noexcept {
  return view.empty() ? std::string_view{} : std::string_view{to + (view.data() - from), view.size()};
}

void rebase(RequestHead& head, const char* from, const char* to) noexcept {
  head.method_text = moved(head.method_text, from, to);
  head.target = moved(head.target, from, to);
  head.fields.rebase(from, to);
}

void rebase(ResponseHead& head, const char* from, const char* to) noexcept {
  head.reason = moved(head.reason, from, to);
  head.fields.rebase(from, to);
}

}  // namespace

Method method_of(std::string_view text) noexcept {
  switch (text.size()) {
    case 3: return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::other;
    case 4: return text == "HEAD" ? Method::head : text == "POST" ? Method::post : Method::other;
    case 5: return text == "TRACE" ? Method::trace : text == "PATCH" ? Method::patch : Method::other;
    case 6: return text == "DELETE" ? Method::delete_ : Method::other;
    case 7: return text == "OPTIONS" ? Method::options : text == "CONNECT" ? Method::connect : Method::other;
    default: return Method::other;
  }
}

bool is_safe(Method method) noexcept {
  return method == Method::get || method == Method::head || method == Method::options || method == Method::trace;
}

bool is_idempotent(Method method) noexcept {
  return is_safe(method) || method == Method::put || method == Method::delete_;
}

template <class Head>
Owned<Head>::Owned(const Head& from, std::string_view bytes)
    : head{from}, bytes_{new char[bytes.size()]}, size_{bytes.size()} {
  std::memcpy(bytes_.get(), bytes.data(), size_);
  rebase(head, bytes.data(), bytes_.get());
}

template <class Head>
Owned<Head>::Owned(const Owned& other) : head{other.head} {
  if (other.bytes_) own(other.bytes());
}

template <class Head>
Owned<Head>& Owned<Head>::operator=(const Owned& other) {
  if (this == &other) return *this;
  head = other.head;
  release();
  if (other.bytes_) own(other.bytes());
  return *this;
}

template <class Head>
void Owned<Head>::own(std::string_view bytes) {
  bytes_.reset(new char[bytes.size()]);
  size_ = bytes.size();
  std::memcpy(bytes_.get(), bytes.data(), size_);
  rebase(head, bytes.data(), bytes_.get());
}

template class Owned<RequestHead>;
template class Owned<ResponseHead>;

bool parse_stored_head(std::string_view bytes, ResponseHead& into) {
  into.fields.clear();
  constexpr std::string_view version = "HTTP/1.1 ";
  if (!bytes.starts_with(version) || bytes.size() < version.size() + 3) return false;
  const auto digits = bytes.substr(version.size(), 3);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return false;
  into.status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  into.minor_version = 1;
  auto end = bytes.find("\r\n");
  if (end == std::string_view::npos || into.status < 100) return false;
  const auto reason_at = version.size() + 4;
  into.reason = reason_at < end ? bytes.substr(reason_at, end - reason_at) : std::string_view{};
  for (auto at = end + 2; at < bytes.size(); at = end + 2) {
    end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) return false;
    if (end == at) return true;
    const auto line = bytes.substr(at, end - at);
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) return false;
    into.fields.add(line.substr(0, colon), line.substr(colon + 2));
  }
  return true;
}

}  // namespace cachearr::http
