// Bodies in other codings: zstd for what lies on disk, and gzip, br or identity for clients that take something else
// than what is stored. Pure functions, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cachearr::content {

enum class Coding : std::uint8_t { identity, gzip, brotli, unknown };

/// "gzip", "x-gzip", "br", "" or "identity"; anything else, lists included, is unknown: passed through, never
/// converted.
Coding coding_of(std::string_view content_encoding) noexcept;
std::string_view name_of(Coding coding) noexcept;

/// What to send to a client, given what is stored: the stored coding where it is accepted, so that nothing has to be
/// done; else br, gzip or identity by the client's weights, ours in case of a tie. Identity where nothing is
/// acceptable: a client that forbids everything is better served than refused (RFC 9110 12.5.3).
Coding choose_coding(std::string_view accept_encoding, Coding stored) noexcept;

/// None where the bytes are damaged or would grow beyond `max_size`.
std::optional<std::string> decode_body(std::string_view body, Coding coding, std::uint64_t max_size);
/// None where it fails; REQUIRES: gzip or brotli.
std::optional<std::string> encode_body(std::string_view body, Coding coding);

/// One zstd frame; empty where it would not be at least an eighth smaller.
std::string zstd_encode(std::string_view body);
/// `plain` has its final size. False where the frame is damaged or of another size.
bool zstd_decode_into(std::string_view frame, std::string& plain);

}  // namespace cachearr::content
