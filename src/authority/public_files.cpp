#include "authority/public_files.hpp"

#include <array>

#include "authority/export.hpp"
#include "authority/trust_help.hpp"

namespace cachearr::authority {
namespace {

struct Download {
  std::string_view path;
  ExportFormat format;
};

constexpr std::array kDownloads{Download{"/ca.pem", ExportFormat::pem}, Download{"/ca.crt", ExportFormat::pem},
                                Download{"/ca.cer", ExportFormat::der}, Download{"/ca.p12", ExportFormat::p12},
                                Download{"/ca.mobileconfig", ExportFormat::mobileconfig}};

/// The base comes from a request's Host field, so nothing on the page is taken for markup.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string list_of_hosts(const Authority& authority) {
  std::string out;
  for (const auto& host : authority.hosts()) out += "<li><code>" + escaped(host) + "</code></li>";
  return out;
}

std::string sections(const TrustFacts& facts) {
  std::string out;
  for (const auto& steps : trust_steps(facts)) {
    out += "<details id=\"" + std::string{steps.id} + "\"><summary>" + escaped(steps.title) + "</summary><pre>" +
           escaped(steps.trust) + "</pre><p>To undo it:</p><pre>" + escaped(steps.undo) + "</pre></details>\n";
  }
  return out;
}

std::string page(const Authority& authority, std::string_view base) {
  const auto name = escaped(authority.name());
  return "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + name +
         "</title><meta name=\"viewport\" content=\"width=device-width\"><style>body{font:16px/1.5 "
         "system-ui,sans-serif;"
         "max-width:50em;margin:2em auto;padding:0 1em;color-scheme:light dark}pre{overflow:auto;padding:.7em;"
         "border:1px solid #8888}summary{cursor:pointer;padding:.3em 0}</style></head><body>\n<h1>" +
         name +
         "</h1>\n<p>This proxy can answer HTTPS requests from its cache for clients that trust its certificate. The "
         "certificate can sign for these hosts and the names below them, for nothing else:</p>\n<ul>" +
         list_of_hosts(authority) +
         "</ul>\n<p>Download it as <a href=\"/ca.pem\">PEM</a>, <a href=\"/ca.cer\">DER</a> (Windows, Android), "
         "<a href=\"/ca.p12\">PKCS#12</a> (Java; empty password) or <a href=\"/ca.mobileconfig\">profile</a> (iOS, "
         "macOS)."
         "</p>\n<p>Compare its SHA-256 fingerprint with what <code>cachearr ca show</code> prints on the proxy's "
         "machine "
         "before you trust it:</p>\n<pre>" +
         escaped(authority.fingerprint()) + "</pre>\n<h2>How to trust it, and how to stop</h2>\n" +
         sections({authority.name(), std::string{base} + "/ca.pem"}) + "</body></html>\n";
}

}  // namespace

std::optional<PublicFile> public_file(const Authority& authority, std::string_view path, std::string_view base) {
  if (path == "/ca") return PublicFile{page(authority, base), "text/html; charset=utf-8", {}};
  for (const auto& download : kDownloads) {
    if (download.path != path) continue;
    auto content = export_as(authority, download.format);
    if (!content) return std::nullopt;
    return PublicFile{std::move(content.value()), media_type_of(download.format), download.path.substr(1)};
  }
  return std::nullopt;
}

}  // namespace cachearr::authority
