// Which films, series and artists a stored answer is about: by the numbers in its request's URL and in its body. They
// become tags of the entry beside those of its rule, so that one invalidation reaches the answers of all upstreams.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "content/entity.hpp"
#include "pipeline/request_context.hpp"

namespace cachearr::fetch {

/// By what the rule has captured, by parameters of the query, and by IMDb's own form of a number in the path.
content::EntityTags entities_of(const pipeline::RequestContext& context);

/// The tags of an answer: those of its rule, then those of what its URL and its body (`in_body`) are about, each once.
/// Of an upstream that no rule names: none.
std::vector<std::string> tags_of_answer(const pipeline::RequestContext& context, const content::EntityTags& in_body);

}  // namespace cachearr::fetch
