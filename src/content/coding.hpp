// Names of content codings and which of them a client takes (RFC 9110 8.4.1 and 12.5.3). Pure, any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace cachearr::content {

enum class Coding : std::uint8_t { identity, gzip, brotli, deflate, zstd, unknown };

/// What the program asks upstreams with. gzip alone, though more can be read: every client that decodes anything at all
/// takes gzip, so that one stored representation fits nearly all of them as it is.
inline constexpr std::string_view kOurAcceptEncoding = "gzip";

/// One name, "" for identity; a list of several codings is unknown: passed through, never converted.
Coding coding_of(std::string_view content_encoding) noexcept;
/// Empty for unknown.
std::string_view name_of(Coding coding) noexcept;

/// Whether a client that sent this Accept-Encoding takes a representation in `coding`. One that sent none takes
/// identity alone: it may take anything, but those that send none cannot decode (curl, wget, needle).
bool accepts(std::string_view accept_encoding, Coding coding) noexcept;

/// A set of codings, one bit each; never empty, as identity stands in where a client forbids everything.
using CodingSet = std::uint8_t;
constexpr CodingSet set_of(Coding coding) noexcept {
  return static_cast<CodingSet>(1U << static_cast<unsigned>(coding));
}
CodingSet accepted_codings(std::string_view accept_encoding) noexcept;

/// Whether a client takes what has this Content-Encoding: each of its codings, by their names where they are unknown.
bool takes(std::string_view accept_encoding, std::string_view content_encoding) noexcept;
/// Whether it can be decoded here: one to three known codings.
bool is_readable(std::string_view content_encoding) noexcept;

/// What to send to a client, given what is stored: the stored coding where it is accepted, so that nothing has to be
/// done; else br, gzip or identity by the client's weights, ours in case of a tie. "*" accepts what is stored, but
/// nothing is made for it unless identity is forbidden. Identity where nothing is acceptable: a client that forbids
/// everything is better served than refused.
Coding choose_coding(std::string_view accept_encoding, Coding stored) noexcept;

}  // namespace cachearr::content
