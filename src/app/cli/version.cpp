#include "app/cli/version.hpp"

#include <CLI/Version.hpp>
#include <boost/version.hpp>
#include <curl/curl.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <zlib.h>

namespace cachearr::app {
namespace {

std::string boost_version() {
  return std::to_string(BOOST_VERSION / 100'000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) + "." +
         std::to_string(BOOST_VERSION % 100);
}

std::string json_version() {
  return std::to_string(NLOHMANN_JSON_VERSION_MAJOR) + "." + std::to_string(NLOHMANN_JSON_VERSION_MINOR) + "." +
         std::to_string(NLOHMANN_JSON_VERSION_PATCH);
}

}  // namespace

std::string version_text() {
  return std::string{"cachearr " CACHEARR_VERSION "\n"} + OpenSSL_version(OPENSSL_VERSION) + ", Boost " +
         boost_version() + ", zlib " + zlibVersion() + ", libcurl " + curl_version_info(CURLVERSION_NOW)->version +
         ", JSON for Modern C++ " + json_version() + ", CLI11 " CLI11_VERSION;
}

}  // namespace cachearr::app
