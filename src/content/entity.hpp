// Films, series, artists and albums by the numbers that catalogues give them, written as tags: an answer about one of
// them carries its tags, whichever upstream it came from. Pure, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::content {

enum class Catalogue : std::uint8_t { tvdb, tmdb, imdb, musicbrainz };
inline constexpr std::size_t kCatalogues = 4;

/// Whose numbers stand under this name of a member, parameter or capture, whatever its spelling: "tvdbId", "tvdb_id",
/// "foreignArtistId". `among_ids`: nothing but numbers stand there, and short names count too ("tvdb", "Imdb").
std::optional<Catalogue> catalogue_of(std::string_view name, bool among_ids = false) noexcept;

/// "tvdb:121361", "tmdb:603", "imdb:tt0133093" or "mbid:" and a UUID; empty where `written` is no such number.
std::string entity_tag(Catalogue catalogue, std::string_view written);

/// Each once, the first kMost of them.
class EntityTags {
 public:
  static constexpr std::size_t kMost = 16;
  void add(std::string tag);  // an empty one is none
  void add(const EntityTags& others);
  const std::vector<std::string>& all() const noexcept { return tags_; }

 private:
  std::vector<std::string> tags_;
};

/// What a JSON object is about, gathered while it is read: its own numbers, and those that it has of its series. Arrays
/// mention others, and an episode's own numbers are no series'.
class EntityNotes {
 public:
  /// The names of the members that lead to the value, outermost first. REQUIRES: only objects lie between.
  using Path = std::span<const std::string_view>;
  static constexpr std::size_t kDeepest = 3;
  static constexpr std::size_t kLongest = 40;  // longer values are no numbers
  void note(Path path, std::string_view written);
  EntityTags found() const;

 private:
  EntityTags own_, of_whole_;
  bool is_part_ = false;  // an episode or a season
};

/// What a feed is about: the numbers on which all its items agree, as those of a search for one film do. A feed of many
/// things mentions them and is about none.
class ItemNotes {
 public:
  void note(std::string_view name, std::string_view written);
  EntityTags found() const;

 private:
  struct Said {
    std::string tag;
    bool differs = false;
  };
  std::array<Said, kCatalogues> said_;
};

}  // namespace cachearr::content
