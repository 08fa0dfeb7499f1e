// Clients that do not believe the local authority, or pin a certificate of their own. Any thread.
#pragma once

#include <optional>
#include <string>

struct ssl_st;

namespace cachearr::authority {

/// After a failed SSL_accept or SSL_read (SSL_ERROR_SSL) on a connection made from a LeafCache's context: the sentence
/// for the log where the client's alert says that it does not believe the certificate; none for any other failure. To
/// be called before any other call of OpenSSL on that thread; empties the thread's error queue.
std::optional<std::string> distrust_of(ssl_st* ssl);

}  // namespace cachearr::authority
