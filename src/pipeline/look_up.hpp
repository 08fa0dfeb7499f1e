// Looking for a stored answer, in steps that serve every tier: what memory, disk, a shared fetch or explain finds under
// a name goes through take_found(), which says whether another name is to be looked for.
#pragma once

#include "pipeline/request_context.hpp"
#include "store/store.hpp"

namespace cachearr::pipeline {

/// `found` is what a tier has under the resource's own name (null: nothing). True: it says by which fields the resource
/// varies; look for `into.variant` next and give that to take_variant(). False: the look-up is over.
bool take_found(RequestContext& into, store::EntryPtr found);
/// `found` is what a tier has under the variant's name.
void take_variant(RequestContext& into, store::EntryPtr found);

/// Looks into memory. Where `into.variant` says how the resource varies already, it must be this request's own.
void look_up(store::Store& store, RequestContext& into);

/// Where the request's own variant is missing, one that has come in the very language that the client likes best serves
/// it as well (RFC 9110 12.5.4). REQUIRES: `into.disposition` is fetch.
void look_up_by_language(store::Store& store, RequestContext& into);

/// What follows from the selected entry: serve, revalidate or fetch.
void decide_by_entry(RequestContext& into);

}  // namespace cachearr::pipeline
