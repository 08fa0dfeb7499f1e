// What the proxy gives to anybody about its authority: the certificate in every form, and a page that says how to trust
// it. Pure; any thread. The key is in none of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "authority/authority.hpp"

namespace cachearr::authority {

struct PublicFile {
  std::string content;
  std::string_view media_type;
  std::string_view file_name;  // for Content-Disposition; empty: shown, not saved
};

/// "/ca.pem", "/ca.crt", "/ca.cer", "/ca.p12", "/ca.mobileconfig", and the page at "/ca"; none for any other path.
/// `base` is how the client reached this proxy ("http://192.0.2.5:9797"), for the commands on the page.
std::optional<PublicFile> public_file(const Authority& authority, std::string_view path, std::string_view base);

}  // namespace cachearr::authority
