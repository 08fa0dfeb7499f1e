#include "app/doctor/probe.hpp"

#include <algorithm>
#include <chrono>
#include <curl/curl.h>
#include <memory>
#include <mutex>

#include "base/text.hpp"
#include "http/date.hpp"

namespace cachearr::app::doctor {
namespace {

constexpr long kConnectMs = 5000, kAllMs = 8000, kPingMs = 2000;
using EasyPtr = std::unique_ptr<CURL, void (*)(CURL*)>;
using ListPtr = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

std::size_t drop(char*, std::size_t size, std::size_t count, void*) { return size * count; }

/// The value of one field of an answer, by its name with a colon.
struct WantedField {
  std::string_view name;
  std::string value{};
};

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* into) {
  const std::string_view line{bytes, size * count};
  auto& [name, value] = *static_cast<WantedField*>(into);
  if (line.size() > name.size() && text::iequals(line.substr(0, name.size()), name))
    value = text::trim(line.substr(name.size(), line.find_last_not_of("\r\n") + 1 - name.size()));
  return size * count;
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* into) {
  constexpr std::size_t enough = 64;
  auto& body = *static_cast<std::string*>(into);
  body.append(bytes, std::min(size * count, enough - std::min(body.size(), enough)));
  return size * count;
}

/// None where libcurl does not work here.
EasyPtr easy_handle() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  return {curl_easy_init(), curl_easy_cleanup};
}

Probe::Failure failure_of(CURLcode code) {
  using Failure = Probe::Failure;
  switch (code) {
    case CURLE_OK: return Failure::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return Failure::dns;
    case CURLE_COULDNT_CONNECT: return Failure::connect;
    case CURLE_OPERATION_TIMEDOUT: return Failure::time;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE: return Failure::tls;
    default: return Failure::other;
  }
}

/// "host:port:address:port" of --resolve, as curl takes it.
ListPtr connect_to(const rules::Upstream& upstream, const Config& config) {
  const auto place = upstream.origin_host + ":" + std::to_string(upstream.origin_port);
  const auto found = config.resolve.find(place);
  if (found == config.resolve.end()) return {nullptr, curl_slist_free_all};
  return {curl_slist_append(nullptr, (place + ":" + found->second).c_str()), curl_slist_free_all};
}

void set_up(CURL* easy, const rules::Upstream& upstream) {
  const auto url = upstream.origin_scheme + "://" + upstream.origin_authority + upstream.origin_path + "/";
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, kAllMs);
  curl_easy_setopt(easy, CURLOPT_PROXY, upstream.proxy.c_str());  // empty: none, whatever the environment says
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "cachearr/" CACHEARR_VERSION " (doctor)");
  if (!upstream.tls_ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, upstream.tls_ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, upstream.tls_verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, upstream.tls_verify && upstream.tls_server_name.empty() ? 2L : 0L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
}

}  // namespace

Probe probe(const rules::Upstream& upstream, const Config& config) {
  const auto easy = easy_handle();
  if (!easy) return {Probe::Failure::other, "libcurl does not work here", 0, {}};
  const auto list = connect_to(upstream, config);
  WantedField date{"date:"};
  set_up(easy.get(), upstream);
  if (list) curl_easy_setopt(easy.get(), CURLOPT_CONNECT_TO, list.get());
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &date);
  const auto code = curl_easy_perform(easy.get());
  Probe result;
  result.failure = failure_of(code);
  if (code != CURLE_OK) result.error = curl_easy_strerror(code);
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  result.status = static_cast<int>(status);
  const auto theirs = http::parse_date(date.value);
  if (theirs)
    result.skew_seconds = std::chrono::duration_cast<std::chrono::seconds>(SystemClock{}.now() - *theirs).count();
  return result;
}

bool is_cachearr(const std::string& address) {
  const auto easy = easy_handle();
  if (!easy) return false;
  const auto url = "http://" + (address.starts_with(':') ? "localhost" + address : address) + "/ping";
  WantedField via{"via:"};
  std::string body;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, kPingMs);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &via);
  if (curl_easy_perform(easy.get()) != CURLE_OK) return false;
  return body == R"({"status":"OK"})" || text::icontains(via.value, "cachearr");
}

}  // namespace cachearr::app::doctor
