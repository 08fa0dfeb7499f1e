#include "upkeep/webhook/webhook_message.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_position.hpp"

namespace cachearr::upkeep {

using Json = nlohmann::ordered_json;
using content::EntityTags;

namespace {

constexpr std::size_t kLongestEvent = 64;

constexpr std::array<std::string_view, 53> kKnownEvents{"Test",
                                                        "Grab",
                                                        "Download",
                                                        "ImportComplete",
                                                        "DownloadFailure",
                                                        "ImportFailure",
                                                        "Rename",
                                                        "Retag",
                                                        "SeriesAdd",
                                                        "SeriesDelete",
                                                        "EpisodeFileDelete",
                                                        "MovieAdded",
                                                        "MovieDelete",
                                                        "MovieFileDelete",
                                                        "ArtistAdd",
                                                        "ArtistDelete",
                                                        "AlbumDelete",
                                                        "TrackFileDelete",
                                                        "Health",
                                                        "HealthRestored",
                                                        "ApplicationUpdate",
                                                        "ManualInteractionRequired",
                                                        "ItemAdded",
                                                        "ItemDeleted",
                                                        "PlaybackStart",
                                                        "PlaybackProgress",
                                                        "PlaybackStop",
                                                        "UserDataSaved",
                                                        "SubtitleDownloadFailure",
                                                        "AuthenticationFailure",
                                                        "AuthenticationSuccess",
                                                        "SessionStart",
                                                        "PendingRestart",
                                                        "TaskCompleted",
                                                        "PluginInstalled",
                                                        "PluginUninstalled",
                                                        "PluginUpdated",
                                                        "UserCreated",
                                                        "UserDeleted",
                                                        "UserUpdated",
                                                        "TEST_NOTIFICATION",
                                                        "MEDIA_PENDING",
                                                        "MEDIA_APPROVED",
                                                        "MEDIA_AUTO_APPROVED",
                                                        "MEDIA_AUTO_REQUESTED",
                                                        "MEDIA_AVAILABLE",
                                                        "MEDIA_DECLINED",
                                                        "MEDIA_FAILED",
                                                        "ISSUE_CREATED",
                                                        "ISSUE_COMMENT",
                                                        "ISSUE_RESOLVED",
                                                        "ISSUE_REOPENED",
                                                        "ISSUE_DELETED"};

/// A number or a text as a text; empty: neither.
std::string written(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_unsigned() ? std::to_string(value.get<std::uint64_t>()) : std::string{};
}

void add_numbers_of(const Json& described, EntityTags& into) {
  if (!described.is_object()) return;
  for (const auto& [name, value] : described.items())
    if (const auto catalogue = content::catalogue_of(name)) into.add(entity_tag(*catalogue, written(value)));
}

/// Episodes and tracks are told as well, by numbers of their own that no answer about a series carries.
EntityTags told_by_arr(const Json& body) {
  EntityTags found;
  for (const auto* const name : {"series", "movie", "remoteMovie", "artist", "album"})
    if (body.contains(name)) add_numbers_of(body[name], found);
  if (const auto albums = body.find("albums"); albums != body.end() && albums->is_array())
    for (const auto& album : *albums) add_numbers_of(album, found);
  return found;
}

/// An episode's numbers are its own; what is played changes nothing.
EntityTags told_by_jellyfin(const Json& body, std::string_view event) {
  constexpr std::array<std::string_view, 4> kinds{"Movie", "Series", "MusicArtist", "MusicAlbum"};
  constexpr std::string_view prefix = "Provider_";
  EntityTags found;
  const auto kind = body.contains("ItemType") ? written(body["ItemType"]) : std::string{};
  const bool changes = event == "ItemAdded" || event == "ItemDeleted";
  if (!changes || std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) return found;
  for (const auto& [name, value] : body.items()) {
    if (!name.starts_with(prefix)) continue;
    const auto catalogue = content::catalogue_of(std::string_view{name}.substr(prefix.size()), true);
    if (catalogue) found.add(entity_tag(*catalogue, written(value)));
  }
  return found;
}

EntityTags told_by_seerr(const Json& body, std::string_view event) {
  EntityTags found;
  if (event.starts_with("MEDIA_") && body.contains("media")) add_numbers_of(body["media"], found);
  return found;
}

Error no_json(std::string_view body) {
  const JsonPositions positions{"body", body};
  if (positions.problems().empty()) return Error{"the body is no JSON"};
  const auto& first = positions.problems().front();
  return Error{"the body is no JSON: line " + std::to_string(first.at.line) + ", column " +
               std::to_string(first.at.column) + ": " + first.message};
}

/// Empty: the member is there and is no name of an event; none: it is not there.
std::optional<std::string> event_in(const Json& body, const char* member) {
  const auto at = body.find(member);
  if (at == body.end()) return std::nullopt;
  auto event = at->is_string() ? at->get<std::string>() : std::string{};
  return event.size() <= kLongestEvent ? std::move(event) : std::string{};
}

}  // namespace

Result<WebhookMessage> read_webhook(std::string_view body) {
  const auto json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return no_json(body);
  if (!json.is_object()) return Error{"the body is not a JSON object"};
  for (const auto* const member : {"eventType", "NotificationType", "notification_type"}) {
    auto event = event_in(json, member);
    if (!event) continue;
    if (event->empty()) return Error{"\"" + std::string{member} + "\" in the body is not the name of an event"};
    WebhookMessage message{*std::move(event), {}, false};
    const std::string_view by = member;
    message.is_test = message.event == "Test" || message.event == "TEST_NOTIFICATION";
    if (message.is_test) return message;
    message.entities = by == "eventType"          ? told_by_arr(json)
                       : by == "NotificationType" ? told_by_jellyfin(json, message.event)
                                                  : told_by_seerr(json, message.event);
    return message;
  }
  return Error{"the body names no event: \"eventType\", \"NotificationType\" or \"notification_type\" is expected"};
}

std::string_view webhook_label(std::string_view event) noexcept {
  const auto at = std::find(kKnownEvents.begin(), kKnownEvents.end(), event);
  return at == kKnownEvents.end() ? std::string_view{"other"} : *at;
}

}  // namespace cachearr::upkeep
