// Who may call: any web page that somebody near opens can reach this listener through a browser, so each call proves
// that it is meant for us (Host), comes from somebody who knows the key, and is no other site's doing. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace cachearr::admin {

/// What a call needs to be let in.
enum class Access : std::uint8_t {
  open,
  key,
  key_or_password,  // the key may also be the password of Basic, which is all that some programs can send
  proven            // as key, of neighbours whom admin.login lets in, too: what is at stake are secrets
};

/// How a call may change something.
enum class Effect : std::uint8_t {
  none,     // reads
  json,     // takes JSON; see check_content_type()
  message,  // takes JSON, whatever its sender calls it
  any_body  // the body is data: a key's value
};

struct Needs {
  Access access = Access::key;
  Effect effect = Effect::none;
  std::uint64_t longest_body = 0;  // bytes; 0: as its effect has it
};

struct AccessPolicy {
  std::string_view api_key;
  const std::vector<std::string>& hosts;  // further names of ours, with or without port
};

struct Denied {
  int status = 403;
  std::string_view detail;
};

/// Is this Host ours: loopback, an IP literal, or a configured name? An attacker's name that resolves to us is none of
/// these. `host` as http::read_target gives it. An HTTP/1.0 client without Host (empty) is no browser, and is let in.
std::optional<Denied> check_host(const AccessPolicy& policy, std::string_view host, std::uint16_t port);

/// The key in X-Api-Key, Authorization: Bearer or `query_key`, and where `access` allows it as the password of Basic.
/// Takes as long for every wrong one of the same length.
std::optional<Denied> check_key(const AccessPolicy& policy, const http::FieldList& fields, std::string_view query_key,
                                Access access = Access::key);

/// A changing call that a browser says another site made.
std::optional<Denied> check_site(const http::FieldList& fields);

/// A changing call of a browser that is let in by what it sends by itself, a cookie or its address: it must say that
/// our own page makes it.
std::optional<Denied> check_own_page(const http::FieldList& fields);

/// Was this request handed on by a proxy, whose address then says nothing about who asks?
bool is_handed_on(const http::FieldList& fields);

/// A body of a changing call must say that it is JSON: no form of another site can.
std::optional<Denied> check_content_type(const http::FieldList& fields, Effect effect, bool has_body);

}  // namespace cachearr::admin
