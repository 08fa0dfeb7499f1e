#include "upkeep/notify/mail_talk.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "upkeep/notify/outgoing.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::size_t kCode = 3;  // digits
constexpr std::size_t kShownWords = 200;

int code_of(std::string_view line) noexcept {
  const auto code = line.size() >= kCode ? text::parse_unsigned(line.substr(0, kCode)) : std::nullopt;
  const bool ends = line.size() <= kCode || line[kCode] == ' ' || line[kCode] == '-';
  return code && ends ? static_cast<int>(*code) : 0;
}

void add_words(std::string_view line, std::string& words) {
  if (words.size() >= kShownWords || line.size() <= kCode + 1) return;
  words = shortened(words.append(" ").append(line.substr(kCode + 1)), kShownWords);
}

}  // namespace

/// After QUIT nothing matters any more: its answer would hide the one before.
void MailTalk::we_said(std::string_view command) {
  over_ = command.starts_with("QUIT");
  if (over_) return;
  last_ = {};
  is_recipient_ = command.starts_with("RCPT TO:") && asked_ < to_.size();
  if (is_recipient_) ++asked_;
}

void MailTalk::server_said(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const auto code = code_of(line);
  if (over_ || code == 0) return;
  if (last_.is_whole || last_.code != code) last_ = {code, std::to_string(code), false};
  last_.is_whole = line.size() <= kCode || line[kCode] == ' ';
  add_words(line, last_.words);
  if (!last_.is_whole) return;
  if (is_recipient_ && last_.is_refusal()) refused_.push_back({to_[asked_ - 1], last_});
}

std::string MailTalk::refusals() const {
  std::string text;
  for (const auto& [address, reply] : refused_) text += (text.empty() ? "" : "; ") + address + ": " + reply.words;
  return text;
}

/// Some or all addresses were refused, and nothing else went wrong.
SendResult MailTalk::without(bool partly) const {
  SendResult result;
  result.partly = partly;
  result.error = "the mail server refused " + refusals() + (partly ? "; the others have it" : "");
  for (const auto& [address, reply] : refused_)
    if (reply.may_pass()) result.again.push_back(address);
  result.refused = result.again.empty();
  if (!partly) result.again.clear();  // nobody has it: all are asked again
  return result;
}

SendResult MailTalk::failed(const std::string& failure, bool login_denied) const {
  SendResult result;
  result.refused = !last_.may_pass() && (last_.is_refusal() || login_denied);
  result.error = last_.is_refusal() ? "the mail server answered " + last_.words : failure;
  if (login_denied && last_.is_refusal()) result.error = "the log-in is denied: " + result.error;
  return result;
}

SendResult MailTalk::result(const std::string& failure, bool login_denied) const {
  if (failure.empty() && refused_.empty()) return {.ok = true};
  if (failure.empty()) return without(true);
  const bool by_all = !to_.empty() && refused_.size() == to_.size();
  return by_all ? without(false) : failed(failure, login_denied);
}

}  // namespace cachearr::upkeep
