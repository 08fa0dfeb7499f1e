#include <algorithm>
#include <array>
#include <cstddef>

#include "base/redact.hpp"
#include "base/text.hpp"

namespace cachearr {

namespace {

/// Names as they are compared: lower case, without '-', '_', '.' and brackets ("api_key", "apiKey", "X-Plex-Token").
class PlainName {
 public:
  explicit PlainName(std::string_view name) noexcept {
    // Of a longer name its end decides.
    if (name.size() > buffer_.size()) name.remove_prefix(name.size() - buffer_.size());
    for (const char c : name) {
      if (c != '-' && c != '_' && c != '.' && c != '[' && c != ']') buffer_[size_++] = text::lower(c);
    }
  }
  std::string_view view() const noexcept { return {buffer_.data(), size_}; }

 private:
  std::array<char, 64> buffer_;
  std::size_t size_ = 0;
};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) noexcept {
  return std::any_of(names.begin(), names.end(), [name](std::string_view other) { return name == other; });
}

template <std::size_t N>
bool ends_in_one_of(std::string_view name, const std::array<std::string_view, N>& endings) noexcept {
  // The last letter alone rules out nearly all of them.
  return !name.empty() && std::any_of(endings.begin(), endings.end(), [name](std::string_view end) {
    return end.back() == name.back() && name.ends_with(end);
  });
}

constexpr std::array<std::string_view, 39> kParameters{"i",
                                                       "r",
                                                       "u",
                                                       "tp",
                                                       "api",
                                                       "uid",
                                                       "pid",
                                                       "sid",
                                                       "key",
                                                       "pin",
                                                       "pwd",
                                                       "pass",
                                                       "auth",
                                                       "user",
                                                       "account",
                                                       "code",
                                                       "otp",
                                                       "totp",
                                                       "hmac",
                                                       "sig",
                                                       "session",
                                                       "apiuser",
                                                       "login",
                                                       "username",
                                                       "xplexclientidentifier",
                                                       "authorization",
                                                       "jwt",
                                                       "2fa",
                                                       "mfa",
                                                       "bearer",
                                                       "cookie",
                                                       "csrf",
                                                       "xsrf",
                                                       "ticket",
                                                       "keypairid",
                                                       "hdnea",
                                                       "hdnts",
                                                       "samlresponse",
                                                       "samlrequest"};
constexpr std::array<std::string_view, 24> kParameterEndings{
    "apikey",      "token",  "passkey",     "password",  "passwd",   "passphrase",  "passcode",  "secret",
    "authkey",     "rsskey", "torrentpass", "sessionid", "sessid",   "username",    "signature", "credential",
    "credentials", "jwt",    "totp",        "assertion", "verifier", "accesskeyid", "authcode",  "devicecode"};
constexpr std::array<std::string_view, 8> kMoreKeys{"clientkey",  "nzbkey",  "accesskey", "secretkey",
                                                    "privatekey", "feedkey", "userkey",   "signingkey"};
constexpr std::array<std::string_view, 23> kFields{"authorization",
                                                   "proxyauthorization",
                                                   "cookie",
                                                   "setcookie",
                                                   "cookie2",
                                                   "setcookie2",
                                                   "authenticationinfo",
                                                   "xdnzbfailure",
                                                   "xplexclientidentifier",
                                                   "xauth",
                                                   "remoteuser",
                                                   "remoteemail",
                                                   "remotename",
                                                   "remotegroups",
                                                   "xuser",
                                                   "xusername",
                                                   "xuserid",
                                                   "xsession",
                                                   "dpop",
                                                   "xotp",
                                                   "xpin",
                                                   "xapiuser",
                                                   "forwardeduser"};
/// Credentials, and what a proxy in front says of who has logged in.
constexpr std::array<std::string_view, 39> kFieldEndings{"apikey",
                                                         "clientkey",
                                                         "token",
                                                         "secret",
                                                         "password",
                                                         "passphrase",
                                                         "sessionid",
                                                         "authorization",
                                                         "authenticationinfo",
                                                         "authkey",
                                                         "accesskey",
                                                         "assertion",
                                                         "jwt",
                                                         "signature",
                                                         "credential",
                                                         "remoteuser",
                                                         "webauthuser",
                                                         "forwardeduser",
                                                         "forwardedemail",
                                                         "forwardedgroups",
                                                         "forwardedpreferredusername",
                                                         "authrequestuser",
                                                         "authrequestemail",
                                                         "authrequestgroups",
                                                         "authrequestpreferredusername",
                                                         "clientcert",
                                                         "clientcertificate",
                                                         "sslclientsdn",
                                                         "sslclientverify",
                                                         "userinfo",
                                                         "username",
                                                         "useremail",
                                                         "userlogin",
                                                         "userid",
                                                         "authentikemail",
                                                         "authentikgroups",
                                                         "authentikuid",
                                                         "csrf",
                                                         "xsrf"};
constexpr std::array<std::string_view, 13> kTraceEndings{
    "requestid", "traceid", "correlationid", "traceparent",   "tracestate", "sentrytrace", "baggage", "spanid",
    "cfray",     "b3",      "tracecontext",  "transactionid", "newrelic"};

}  // namespace

bool is_secret_parameter(std::string_view name) noexcept {
  const PlainName plain{name};
  const auto view = plain.view();
  return is_one_of(view, kParameters) || ends_in_one_of(view, kParameterEndings) || ends_in_one_of(view, kMoreKeys);
}

bool is_secret_field(std::string_view name) noexcept {
  const PlainName plain{name};
  return is_one_of(plain.view(), kFields) || ends_in_one_of(plain.view(), kFieldEndings);
}

bool is_trace_field(std::string_view name) noexcept { return ends_in_one_of(PlainName{name}.view(), kTraceEndings); }

}  // namespace cachearr
