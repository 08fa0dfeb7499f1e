// An origin's head as clients and the store get it: end-to-end fields, our Via, a Date; framing and Age are written by
// who sends it. Pure.
#pragma once

#include <cstdint>
#include <string>

#include <cachearr/clock.hpp>

#include "http/message.hpp"

namespace cachearr::fetch {

struct ResponseHeadText {
  std::string text;         // status line and field lines, without Content-Length, Age, Connection
  std::size_t etag_at = 0;  // of the ETag's value in `text`
  std::size_t etag_size = 0;
};

/// `keep_length`: Content-Length stays as the origin said it (answers to HEAD, 304).
ResponseHeadText compose_response_head(const http::ResponseHead& head, TimePoint now, bool keep_length);
/// Where the ETag stands in a serialised head.
void find_etag(ResponseHeadText& head);
/// An interim head (1xx) as it is relayed.
std::string compose_interim(const http::ResponseHead& head);
/// The head of a 101, with what the upgrade needs.
std::string compose_upgrade(const http::ResponseHead& head);

}  // namespace cachearr::fetch
