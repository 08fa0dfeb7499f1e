#include "fetch/feed_pages.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "caching/reuse.hpp"
#include "content/decoder.hpp"
#include "content/feed_page.hpp"
#include "rules/query.hpp"

namespace cachearr::fetch {

namespace {

using Json = nlohmann::ordered_json;
using content::PageRange;

/// A longer one is not cut: that would keep the worker from its other clients.
constexpr std::size_t kLongestCut = 2 * 1024 * 1024;
constexpr std::size_t kMostPages = 64;

struct Page {
  PageRange range;
  std::int64_t asked_ms = 0;
  std::string identity;
};

/// All pages of one feed, by the name that they have in common.
struct Feed {
  std::string identity, key;
  Hash128 id;
  bool is_known = false;  // the list of its pages is in memory
  std::vector<Page> pages;
};

std::mutex& list_lock() {
  static std::mutex lock;
  return lock;
}

std::optional<std::uint64_t> number_of(rules::QueryDecoder& decoder, std::string_view query, std::string_view name) {
  decoder.begin(query);
  const auto value = decoder.find(query, name);
  return value ? text::parse_unsigned(*value) : std::nullopt;
}

/// What the request asks for; none where it says it in a way that nobody can be sure of.
std::optional<PageRange> range_of(std::string_view query, const rules::Covers& covers) {
  std::size_t offsets = 0, limits = 0;
  rules::for_each_parameter(query, [&](const rules::Parameter& parameter) {
    offsets += rules::is_named(parameter, covers.offset) ? 1 : 0;
    limits += rules::is_named(parameter, covers.limit) ? 1 : 0;
    return false;
  });
  rules::QueryDecoder decoder;
  const auto offset = number_of(decoder, query, covers.offset), limit = number_of(decoder, query, covers.limit);
  if (offsets > 1 || limits > 1 || (offsets == 1 && !offset) || (limits == 1 && !limit)) return std::nullopt;
  return PageRange{offset.value_or(0), limit};
}

std::string without_range(std::string_view query, const rules::Covers& covers) {
  std::string rest;
  rules::for_each_parameter(query, [&](const rules::Parameter& parameter) {
    if (rules::is_named(parameter, covers.offset) || rules::is_named(parameter, covers.limit)) return false;
    if (!rest.empty()) rest += '&';
    rest += parameter.name;
    if (parameter.has_value) rest.append("=").append(parameter.value);
    return false;
  });
  return rest;
}

std::vector<Page> read_pages(std::string_view text) {
  std::vector<Page> pages;
  const auto list = Json::parse(text, nullptr, false);
  if (!list.is_array()) return pages;
  for (const auto& item : list) {
    Page page;
    page.range.offset = item.value("offset", std::uint64_t{0});
    if (item.contains("limit")) page.range.limit = item.value("limit", std::uint64_t{0});
    page.asked_ms = item.value("asked", std::int64_t{0});
    page.identity = item.value("identity", std::string{});
    pages.push_back(std::move(page));
  }
  return pages;
}

std::string text_of(const std::vector<Page>& pages) {
  Json list = Json::array();
  for (const auto& page : pages) {
    Json item = {{"offset", page.range.offset}, {"asked", page.asked_ms}, {"identity", page.identity}};
    if (page.range.limit) item["limit"] = *page.range.limit;
    list.push_back(std::move(item));
  }
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Feed feed_of(FetchContext& worker, const FetchJob& job, const rules::Covers& covers) {
  auto target = job.context->route.target;
  target.query = without_range(target.query, covers);
  rules::KeyParts parts;
  rules::build_key(job.context->verdict, job.head(), target, job.context->captures, worker.shared.secret,
                   worker.scratch, parts);
  Feed feed;
  feed.identity = parts.identity + "\npages";
  feed.key = parts.key;
  feed.id = hash128(feed.identity);
  const auto list = worker.shared.store.find(feed.id, feed.identity);
  feed.is_known = static_cast<bool>(list);
  if (list) feed.pages = read_pages(list->head());
  return feed;
}

void put_list(FetchContext& worker, const Feed& feed, const store::Entry& page) {
  const auto text = text_of(feed.pages);
  store::EntryParts parts{};
  parts.id = feed.id;
  parts.identity = feed.identity;
  parts.key = feed.key;
  parts.upstream = page.upstream();
  parts.type = page.type();
  parts.tag_hashes = page.tags();
  parts.head = text;
  parts.meta.flags = caching::kVaryMarker;
  parts.meta.stored_ms = parts.meta.born_ms = worker.now().time_since_epoch().count();
  parts.meta.fresh_until_ms = page.meta.fresh_until_ms;
  parts.meta.sie_seconds = 86'400;  // stale pages may stand in, and have to be found when the first one comes anew
  if (auto entry = store::make_entry(parts)) worker.shared.store.put(std::move(entry));
}

void add_page(Feed& feed, Page page) {
  std::erase_if(feed.pages, [&](const Page& known) { return known.identity == page.identity; });
  if (feed.pages.size() >= kMostPages) feed.pages.erase(feed.pages.begin());
  feed.pages.push_back(std::move(page));
}

std::string tag_of_upstream(const FetchJob& job) { return job.context->verdict.upstream->name + "-later-pages"; }

/// Erases the pages but this one: the walk that they belong to has ended. What an earlier life has left on disk is
/// found by its tag.
void end_walk(FetchContext& worker, const FetchJob& job, Feed& feed, std::string_view but) {
  if (!feed.is_known && worker.shared.store.may_be_on_disk(feed.id))
    worker.shared.store.invalidate_soon({caching::Invalidation::Kind::tag, tag_of_upstream(job), false});
  for (const auto& page : feed.pages) {
    if (page.identity != but) worker.shared.store.erase(hash128(page.identity), page.identity);
  }
  feed.pages.clear();
}

/// Of two that were asked for within one millisecond neither is the older one: a quick walk gets that far.
bool is_overtaken(const Feed& feed, const Page& page) {
  return std::any_of(feed.pages.begin(), feed.pages.end(),
                     [&page](const Page& known) { return known.range.offset == 0 && known.asked_ms > page.asked_ms; });
}

/// The head of the stored page for what is cut out of it: another representation, not in a coding any more.
std::string head_of_cut(std::string_view head, std::size_t bytes) {
  std::string made;
  for (const auto line : text::split(head, '\n')) {
    const auto name = line.substr(0, line.find(':'));
    bool kept = !line.empty();
    for (const std::string_view dropped : {"content-length", "content-encoding", "etag", "last-modified"})
      kept = kept && !text::iequals(name, dropped);
    if (kept) made.append(line).append("\n");
  }
  return made + "Content-Length: " + std::to_string(bytes) + "\r\n";
}

std::optional<std::string> cut(const store::Entry& page, const PageRange& stored, const PageRange& asked) {
  http::ResponseHead head;
  if (page.body().size() > kLongestCut || !http::parse_stored_head(page.head(), head)) return std::nullopt;
  const auto coding = head.fields.joined(http::FieldId::content_encoding);
  if (coding.empty()) return content::cut_feed(page.body(), stored, asked);
  const auto decoded = content::decode(coding, page.body(), {kLongestCut});
  return decoded ? content::cut_feed(*decoded, stored, asked) : std::nullopt;
}

store::EntryPtr make_cut(const FetchJob& job, const store::Entry& page, std::string_view body) {
  const auto head = head_of_cut(page.head(), body.size());
  const std::array<std::string_view, 1> pieces{body};
  store::EntryParts parts{};
  parts.id = job.context->key.id;
  parts.identity = job.context->key.identity;
  parts.key = job.context->key.key;
  parts.upstream = page.upstream();
  parts.type = page.type();
  const auto tag = tag_of_upstream(job);
  const std::array<std::string_view, 1> tags{tag};
  parts.tags = tags;
  parts.tag_hashes = page.tags();
  parts.head = head;
  parts.body = pieces;
  parts.meta = page.meta;
  parts.meta.flags = static_cast<std::uint16_t>((page.meta.flags & ~caching::kGzip) | caching::kUncoded);
  parts.meta.last_modified_ms = -1;
  parts.meta.etag_at = parts.meta.etag_size = 0;
  parts.cost = page.cost();
  parts.generation = page.generation();
  return store::make_entry(parts);
}

/// Stores what was cut from `source`, unless a new walk has begun meanwhile.
void keep_cut(FetchContext& worker, const FetchJob& job, const Page& source, Page made, const store::EntryPtr& entry) {
  const std::lock_guard lock{list_lock()};
  auto feed = feed_of(worker, job, *job.context->verdict.rule->covers);
  const bool goes_on = std::any_of(feed.pages.begin(), feed.pages.end(), [&source](const Page& known) {
    return known.identity == source.identity && known.asked_ms == source.asked_ms;
  });
  if (!goes_on) return;
  worker.shared.store.put(entry);
  add_page(feed, std::move(made));
  put_list(worker, feed, *entry);
}

bool may_serve(const store::EntryPtr& page, const FetchJob& job, TimePoint now) {
  return page && caching::kind_of(page->meta, now) == caching::EntryKind::response && page->meta.status == 200 &&
         caching::judge(page->meta, job.context->directives, now).reuse == caching::Reuse::fresh;
}

const rules::Covers* covers_of(const FetchJob& job) {
  const auto* const rule = job.context->verdict.rule;
  return rule && rule->covers && job.head().method == http::Method::get ? &*rule->covers : nullptr;
}

}  // namespace

std::string later_page_tag(const FetchJob& job) {
  const auto* const covers = covers_of(job);
  const auto range = covers ? range_of(job.context->route.target.query, *covers) : std::nullopt;
  return range && range->offset > 0 ? tag_of_upstream(job) : std::string{};
}

store::EntryPtr page_from_stored(FetchContext& worker, const FetchJob& job) {
  const auto* const covers = covers_of(job);
  const auto& context = *job.context;
  const auto asked = covers ? range_of(context.route.target.query, *covers) : std::nullopt;
  if (!asked || !asked->limit || job.is_background() || !context.variant.varies_by.empty()) return {};
  const auto feed = feed_of(worker, job, *covers);
  for (const auto& page : feed.pages) {
    if (page.identity == context.key.identity || page.range.offset > asked->offset) continue;
    const auto stored = worker.shared.store.find(hash128(page.identity), page.identity);
    if (!may_serve(stored, job, worker.now())) continue;
    const auto body = cut(*stored, page.range, *asked);
    auto made = body ? make_cut(job, *stored, *body) : store::EntryPtr{};
    if (!made) continue;
    keep_cut(worker, job, page, {*asked, page.asked_ms, context.key.identity}, made);
    return made;
  }
  return {};
}

void note_page(FetchContext& worker, const FetchJob& job, const store::Entry& page, TimePoint asked_at) {
  const auto* const covers = covers_of(job);
  const auto range = covers ? range_of(job.context->route.target.query, *covers) : std::nullopt;
  if (!range || page.meta.status != 200 || page.identity() != job.context->key.identity) return;
  const std::lock_guard lock{list_lock()};
  auto feed = feed_of(worker, job, *covers);
  Page fetched{*range, asked_at.time_since_epoch().count(), std::string{page.identity()}};
  if (range->offset == 0) {
    end_walk(worker, job, feed, page.identity());
  } else if (is_overtaken(feed, fetched)) {
    worker.shared.store.erase(page.id(), page.identity());
    return;
  }
  add_page(feed, std::move(fetched));
  put_list(worker, feed, page);
}

}  // namespace cachearr::fetch
