#include "content/entity.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace cachearr::content {

namespace {

constexpr std::size_t kLongestName = 24;

/// A name in lower case without what separates its words; empty where it is longer than any that is known.
class PlainName {
 public:
  explicit PlainName(std::string_view name) noexcept {
    if (name.size() > kLongestName) return;
    for (const char c : name)
      if (c != '_' && c != '-') letters_[size_++] = text::lower(c);
  }
  std::string_view view() const noexcept { return {letters_.data(), size_}; }

 private:
  std::array<char, kLongestName> letters_{};
  std::size_t size_ = 0;
};

template <std::size_t size>
bool is_any_of(const std::array<std::string_view, size>& names, std::string_view name) noexcept {
  return std::find(names.begin(), names.end(), name) != names.end();
}

using NamedCatalogue = std::pair<std::string_view, Catalogue>;

constexpr std::array<NamedCatalogue, 13> kFullNames{{{"tvdbid", Catalogue::tvdb},
                                                     {"thetvdbid", Catalogue::tvdb},
                                                     {"tmdbid", Catalogue::tmdb},
                                                     {"themoviedbid", Catalogue::tmdb},
                                                     {"imdbid", Catalogue::imdb},
                                                     {"mbid", Catalogue::musicbrainz},
                                                     {"mbidid", Catalogue::musicbrainz},
                                                     {"musicbrainzid", Catalogue::musicbrainz},
                                                     {"artistmbid", Catalogue::musicbrainz},
                                                     {"albummbid", Catalogue::musicbrainz},
                                                     {"foreignartistid", Catalogue::musicbrainz},
                                                     {"foreignalbumid", Catalogue::musicbrainz},
                                                     {"releasegroupmbid", Catalogue::musicbrainz}}};

constexpr std::array<NamedCatalogue, 7> kShortNames{{{"tvdb", Catalogue::tvdb},
                                                     {"thetvdb", Catalogue::tvdb},
                                                     {"tmdb", Catalogue::tmdb},
                                                     {"imdb", Catalogue::imdb},
                                                     {"musicbrainzartist", Catalogue::musicbrainz},
                                                     {"musicbrainzalbum", Catalogue::musicbrainz},
                                                     {"musicbrainzreleasegroup", Catalogue::musicbrainz}}};

template <std::size_t size>
std::optional<Catalogue> found_in(const std::array<NamedCatalogue, size>& names, std::string_view name) noexcept {
  for (const auto& [known, catalogue] : names)
    if (known == name) return catalogue;
  return std::nullopt;
}

bool is_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Without zeros in front; empty where it is no number, or none that a catalogue gives.
std::string_view catalogue_number(std::string_view written) noexcept {
  constexpr std::size_t longest = 10;
  if (!is_digits(written)) return {};
  written.remove_prefix(std::min(written.find_first_not_of('0'), written.size()));
  return written.size() <= longest ? written : std::string_view{};
}

std::string numbered(std::string_view prefix, std::string_view written) {
  const auto number = catalogue_number(written);
  return number.empty() ? std::string{} : std::string{prefix}.append(number);
}

/// Indexers leave "tt" and zeros out.
std::string imdb_tag(std::string_view written) {
  constexpr std::size_t digits = 7;
  const auto number = catalogue_number(written.starts_with("tt") ? written.substr(2) : written);
  if (number.empty()) return {};
  return "imdb:tt" + std::string(digits - std::min(digits, number.size()), '0').append(number);
}

std::string musicbrainz_tag(std::string_view written) {
  constexpr std::string_view shape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  auto uuid = text::to_lower(written);
  const bool fits = std::equal(uuid.begin(), uuid.end(), shape.begin(), shape.end(), [](char c, char wanted) {
    return wanted == '-' ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  return fits ? "mbid:" + uuid : std::string{};
}

/// All full names end in "id", and all short ones in one of the others: most names need no closer look.
bool may_be_catalogue(std::string_view name, bool among_ids) noexcept {
  if (name.size() < 4) return false;
  const char last = text::lower(name.back());
  if (last == 'd') return text::lower(name[name.size() - 2]) == 'i';
  return among_ids && (last == 'b' || last == 't' || last == 'm' || last == 'p');
}

/// Those end in "number" or "season".
bool may_be_part(std::string_view name) noexcept {
  const char last = name.size() < 6 ? '\0' : text::lower(name.back());
  return last == 'r' || last == 'n';
}

/// Objects that hold nothing but numbers.
constexpr std::array<std::string_view, 4> kIds{"ids", "externalids", "externals", "providerids"};
/// Objects that describe what the whole text is about.
constexpr std::array<std::string_view, 2> kSame{"data", "mediainfo"};
/// Objects that describe what it belongs to.
constexpr std::array<std::string_view, 5> kWholes{"series", "show", "movie", "artist", "album"};
/// Members that tell a season or an episode.
constexpr std::array<std::string_view, 5> kParts{"episodenumber", "seasonnumber", "airedepisodenumber", "season",
                                                 "parentindexnumber"};

}  // namespace

std::optional<Catalogue> catalogue_of(std::string_view name, bool among_ids) noexcept {
  if (!may_be_catalogue(name, among_ids)) return std::nullopt;
  const PlainName plain{name};
  const auto full = found_in(kFullNames, plain.view());
  return full || !among_ids ? full : found_in(kShortNames, plain.view());
}

std::string entity_tag(Catalogue catalogue, std::string_view written) {
  switch (catalogue) {
    case Catalogue::tvdb: return numbered("tvdb:", written);
    case Catalogue::tmdb: return numbered("tmdb:", written);
    case Catalogue::imdb: return imdb_tag(written);
    case Catalogue::musicbrainz: return musicbrainz_tag(written);
  }
  return {};
}

void EntityTags::add(std::string tag) {
  if (tag.empty() || tags_.size() >= kMost || std::find(tags_.begin(), tags_.end(), tag) != tags_.end()) return;
  tags_.push_back(std::move(tag));
}

void EntityTags::add(const EntityTags& others) {
  for (const auto& tag : others.all()) add(tag);
}

void EntityNotes::note(Path path, std::string_view written) {
  if (path.size() == 1 && may_be_part(path[0])) is_part_ = is_part_ || is_any_of(kParts, PlainName{path[0]}.view());
  if (!may_be_catalogue(path.back(), true)) return;
  bool among_ids = false, of_whole = false;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    const PlainName around{path[i]};
    const bool ids = is_any_of(kIds, around.view()), whole = is_any_of(kWholes, around.view());
    if (!ids && !whole && !is_any_of(kSame, around.view())) return;
    among_ids = ids;
    of_whole = of_whole || whole;
  }
  if (const auto catalogue = catalogue_of(path.back(), among_ids))
    (of_whole ? of_whole_ : own_).add(entity_tag(*catalogue, written));
}

EntityTags EntityNotes::found() const {
  EntityTags all;
  if (!is_part_) all.add(own_);
  all.add(of_whole_);
  return all;
}

void ItemNotes::note(std::string_view name, std::string_view written) {
  const auto catalogue = catalogue_of(name, true);
  auto tag = catalogue ? entity_tag(*catalogue, written) : std::string{};
  if (tag.empty()) return;
  auto& said = said_[static_cast<std::size_t>(*catalogue)];
  if (said.tag.empty())
    said.tag = std::move(tag);
  else if (said.tag != tag)
    said.differs = true;
}

EntityTags ItemNotes::found() const {
  EntityTags all;
  for (const auto& said : said_)
    if (!said.differs) all.add(said.tag);
  return all;
}

}  // namespace cachearr::content
