#include "upkeep/notify/transfers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <curl/curl.h>
#include <map>
#include <mutex>
#include <new>
#include <utility>

#include "upkeep/notify/channel_secrets.hpp"
#include "upkeep/notify/mail_talk.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::size_t kKeptBody = 2048;
constexpr std::size_t kShownBody = 200;
constexpr long kConnectSeconds = 10;
constexpr const char* kUserAgent = "cachearr/" CACHEARR_VERSION;

// libcurl 8.2 has mended the name.
#if LIBCURL_VERSION_NUM >= 0x080200
constexpr auto kSomeMayBeRefused = CURLOPT_MAIL_RCPT_ALLOWFAILS;
#else
constexpr auto kSomeMayBeRefused = CURLOPT_MAIL_RCPT_ALLLOWFAILS;
#endif

/// A list of libcurl's that its transfer only refers to.
class List {
 public:
  List() = default;
  ~List() { curl_slist_free_all(list_); }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  void add(const std::string& text) {
    auto* const longer = curl_slist_append(list_, text.c_str());
    if (!longer) throw std::bad_alloc{};
    list_ = longer;
  }
  curl_slist* get() const noexcept { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

/// One message on its way, with everything that libcurl only points to.
class Transfer {
 public:
  Transfer(const NotificationConfig& channel, Outgoing request, Transfers::Done done, Duration longest)
      : channel_{channel},
        request_{std::move(request)},
        done_{std::move(done)},
        longest_{longest},
        curl_{curl_easy_init()},
        talk_{request_.to} {
    if (!curl_) throw std::bad_alloc{};
    set_limits();
    set_trust();
    request_.method.empty() ? set_mail() : set_post();
  }
  ~Transfer() { curl_easy_cleanup(curl_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  CURL* handle() const noexcept { return curl_; }
  void end(CURLcode code) const { done_(result(code)); }

 private:
  template <class T>
  void set(CURLoption option, T value) {
    curl_easy_setopt(curl_, option, value);
  }

  void set_limits() {
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // stopping does not wait for the resolver
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(longest_.count()));
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_WRITEFUNCTION, &Transfer::keep);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    if (channel_.proxy == "none") {
      set(CURLOPT_PROXY, "");
    } else if (!channel_.proxy.empty()) {
      set(CURLOPT_PROXY, channel_.proxy.c_str());
    }
  }

  void set_trust() {
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!channel_.ca_file.empty()) set(CURLOPT_CAINFO, channel_.ca_file.c_str());
  }

  void set_post() {
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
    set(CURLOPT_USERAGENT, kUserAgent);
    for (const auto& [name, value] : request_.fields) {
      auto line = name;
      list_.add(line.append(": ").append(value));
    }
    list_.add("Expect:");  // some services do not know 100-continue
    set(CURLOPT_HTTPHEADER, list_.get());
  }

  void set_mail() {
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_USE_SSL, static_cast<long>(channel_.encrypted ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    set(CURLOPT_HTTPPROXYTUNNEL, 1L);
    if (!channel_.user.empty()) {
      set(CURLOPT_USERNAME, channel_.user.c_str());
      set(CURLOPT_PASSWORD, channel_.password.c_str());
    }
    set(CURLOPT_MAIL_FROM, request_.from.c_str());
    for (const auto& address : request_.to) list_.add(address);
    set(CURLOPT_MAIL_RCPT, list_.get());
    set(kSomeMayBeRefused, 1L);
    set(CURLOPT_DEBUGFUNCTION, &Transfer::listen);
    set(CURLOPT_DEBUGDATA, &talk_);
    set(CURLOPT_VERBOSE, 1L);  // to the function only
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &Transfer::give);
    set(CURLOPT_READDATA, this);
  }

  static std::size_t keep(const char* data, std::size_t size, std::size_t count, void* self) {
    auto& body = static_cast<Transfer*>(self)->answer_;
    body.append(data, std::min(size * count, kKeptBody - body.size()));
    return size * count;
  }

  static std::size_t give(char* into, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto& body = transfer.request_.body;
    const auto length = std::min(size * count, body.size() - transfer.given_);
    std::copy_n(body.data() + transfer.given_, length, into);
    transfer.given_ += length;
    return length;
  }

  static int listen(CURL*, curl_infotype kind, char* data, std::size_t size, void* talk) {
    if (kind == CURLINFO_HEADER_OUT) static_cast<MailTalk*>(talk)->we_said({data, size});
    if (kind == CURLINFO_HEADER_IN) static_cast<MailTalk*>(talk)->server_said({data, size});
    return 0;
  }

  SendResult result(CURLcode code) const {
    const auto failure = words_for(code);
    if (request_.method.empty()) {
      auto judged = talk_.result(failure, code == CURLE_LOGIN_DENIED);
      judged.error = without_secrets(judged.error, channel_);
      return judged;
    }
    return failure.empty() ? result_of_post() : SendResult{false, false, without_secrets(failure, channel_)};
  }

  std::string words_for(CURLcode code) const {
    if (code == CURLE_OK) return {};
    std::string why = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
    if (code != CURLE_OPERATION_TIMEDOUT) return why;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(longest_).count();
    return "the service has not answered within " + std::to_string(seconds) + " s (" + why + ")";
  }

  SendResult result_of_post() const {
    long status = 0;
    curl_off_t pause = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &pause);
    auto judged = result_of_answer(status, answer_, channel_);
    judged.asked_pause = std::chrono::seconds{pause};
    return judged;
  }

  const NotificationConfig channel_;
  const Outgoing request_;
  const Transfers::Done done_;
  const Duration longest_;
  CURL* const curl_;
  MailTalk talk_;
  List list_;
  std::size_t given_ = 0;  // of the mail's message
  std::string answer_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace

struct Transfers::Impl {
  CURLM* multi = curl_multi_init();
  std::map<CURL*, std::unique_ptr<Transfer>> transfers;

  void end(CURL* handle, CURLcode code) {
    auto found = transfers.extract(handle);
    curl_multi_remove_handle(multi, handle);
    if (!found.empty()) found.mapped()->end(code);
  }
};

Transfers::Transfers() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  impl_ = std::make_unique<Impl>();
  if (!impl_->multi) throw std::bad_alloc{};
}

Transfers::~Transfers() {
  for (const auto& [handle, transfer] : impl_->transfers) curl_multi_remove_handle(impl_->multi, handle);
  impl_->transfers.clear();
  curl_multi_cleanup(impl_->multi);
}

void Transfers::begin(const NotificationConfig& channel, Outgoing request, Done done, Duration longest) {
  auto transfer = std::make_unique<Transfer>(channel, std::move(request), std::move(done), longest);
  auto* const handle = transfer->handle();
  impl_->transfers.emplace(handle, std::move(transfer));
  curl_multi_add_handle(impl_->multi, handle);
}

void Transfers::run(Duration most) {
  int running = 0, left = 0;
  curl_multi_perform(impl_->multi, &running);
  bool ended = false;
  while (const auto* const message = curl_multi_info_read(impl_->multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    impl_->end(message->easy_handle, message->data.result);
    ended = true;
  }
  // Whoever was told of an end may have something to begin.
  if (!ended) curl_multi_poll(impl_->multi, nullptr, 0, static_cast<int>(most.count()), nullptr);
}

void Transfers::wake() noexcept { curl_multi_wakeup(impl_->multi); }

SendResult result_of_answer(long status, const std::string& body, const NotificationConfig& channel) {
  if (status >= 200 && status < 300) return {.ok = true};
  std::string why = "the service answered " + std::to_string(status);
  if (status >= 300 && status < 400) why += ", a redirect, which is not followed: give the address that it leads to";
  if (status >= 400 && !body.empty()) why += ": " + shortened(without_secrets(body, channel), kShownBody);
  // A service behind another web server is "not found" while it is away.
  const bool may_pass =
      status < 400 || status >= 500 || status == 404 || status == 408 || status == 425 || status == 429;
  return {.refused = !may_pass, .error = std::move(why)};
}

}  // namespace cachearr::upkeep
