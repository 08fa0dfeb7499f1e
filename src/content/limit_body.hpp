// What the body of an answer says of its upstream's limits. Pure, any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "content/body_reader.hpp"
#include "content/limit_signal.hpp"
#include "content/limit_words.hpp"

namespace cachearr::content {

/// What many services share, whatever the status: the error codes and the apilimits of Newznab and Torznab, a JSON
/// error that says 429 or "rate_limit", and with a status of 400 or more words such as "too many requests". `newznab`:
/// an <error> is an indexer's, so its codes mean what they mean there.
LimitSignal limits_in(const BodyRead& read, int status, bool newznab, TimePoint now);

/// Whether it is what indexers send for an error (Newznab API, "Error Codes"): an <error> element.
bool is_newznab_error(std::string_view text);

/// What a rules file says of this one upstream. `words` are those whose `until` were asked for, in order, as the last
/// places of `read`. None: none of them fits. Data is not searched, since it may hold any word: an array, an object
/// with many members beyond those that tell of errors, a feed, an NZB.
std::optional<LimitSignal> limit_by_words(const BodyRead& read, int status, std::span<const LimitWords> words,
                                          TimePoint now);

/// The pointers that limit_by_words() needs the values of.
std::vector<std::string_view> pointers_of(std::span<const LimitWords> words);

}  // namespace cachearr::content
