#include "shared/resp.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace cachearr::shared {

namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::uint64_t kLongestAnnounced = std::uint64_t{1} << 40;

void append_length(std::string& out, char type, std::size_t length) {
  out += type;
  out += std::to_string(length);
  out += kLineEnd;
}

std::optional<std::int64_t> whole_number(std::string_view digits) noexcept {
  if (digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

Reply of_text(Reply::Kind kind, std::string_view text) {
  Reply reply;
  reply.kind = kind;
  reply.text = text;
  return reply;
}

Reply of_number(std::int64_t number) {
  Reply reply;
  reply.kind = Reply::Kind::number;
  reply.number = number;
  return reply;
}

Reply::Kind kind_of_list(char type) noexcept {
  if (type == '%' || type == '|') return Reply::Kind::map;
  return type == '>' ? Reply::Kind::push : Reply::Kind::list;
}

}  // namespace

bool Reply::is_error(std::string_view word) const noexcept {
  return is_error() && std::string_view{text}.substr(0, text.find(' ')) == word;
}

const Reply* Reply::find(std::string_view name) const noexcept {
  if (!is_list()) return nullptr;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (items[i].text == name) return &items[i + 1];
  return nullptr;
}

std::int64_t Reply::to_number(std::int64_t otherwise) const noexcept {
  if (kind == Kind::number) return number;
  return kind == Kind::text ? whole_number(text).value_or(otherwise) : otherwise;
}

void append_command(std::string& out, std::span<const std::string_view> words) {
  append_length(out, '*', words.size());
  for (const auto word : words) {
    append_length(out, '$', word.size());
    out.append(word).append(kLineEnd);
  }
}

std::string command(std::span<const std::string_view> words) {
  std::string out;
  append_command(out, words);
  return out;
}

std::string command(std::initializer_list<std::string_view> words) {
  return command(std::span{words.begin(), words.size()});
}

ReplyReader::Status ReplyReader::fail() noexcept {
  broken_ = true;
  return Status::broken;
}

bool ReplyReader::has_room_for(std::uint64_t bytes) noexcept {
  text_bytes_ += bytes;
  return text_bytes_ <= kMostText + longest_text_;
}

ReplyReader::Status ReplyReader::feed(std::string_view& bytes) {
  auto status = broken_ ? Status::broken : Status::need_more;
  while (status == Status::need_more && !bytes.empty()) status = in_text_ ? take_text(bytes) : take_line(bytes);
  if (status == Status::ready) nodes_ = text_bytes_ = 0;
  return status;
}

ReplyReader::Status ReplyReader::take_line(std::string_view& bytes) {
  const auto end = bytes.find('\n');
  const auto part = bytes.substr(0, end == std::string_view::npos ? end : end + 1);
  if (line_.size() + part.size() > kLongestLine) return fail();
  line_ += part;
  bytes.remove_prefix(part.size());
  if (end == std::string_view::npos) return Status::need_more;
  if (line_.size() < 3 || line_[line_.size() - 2] != '\r') return fail();
  const auto line = std::exchange(line_, {});
  return end_line(std::string_view{line}.substr(0, line.size() - kLineEnd.size()));
}

ReplyReader::Status ReplyReader::end_line(std::string_view line) {
  if (++nodes_ > kMostNodes) return fail();
  const char type = line.front();
  const auto rest = line.substr(1);
  if (!has_room_for(rest.size())) return fail();
  switch (type) {
    case '+':
    case ',':
    case '(': return complete(of_text(Reply::Kind::text, rest));
    case '-': return complete(of_text(Reply::Kind::error, rest));
    case '_': return rest.empty() ? complete({}) : fail();
    case '#': return rest == "t" || rest == "f" ? complete(of_number(rest == "t" ? 1 : 0)) : fail();
    case ':': {
      const auto number = whole_number(rest);
      return number ? complete(of_number(*number)) : fail();
    }
    case '$':
    case '=': return begin_text(rest, Reply::Kind::text);
    case '!': return begin_text(rest, Reply::Kind::error);
    case '*':
    case '~':
    case '>':
    case '%':
    case '|': return begin_list(rest, type);
    default: return fail();
  }
}

ReplyReader::Status ReplyReader::begin_text(std::string_view digits, Reply::Kind kind) {
  const auto length = whole_number(digits);
  if (!length || *length < -1) return fail();
  if (*length == -1) return complete({});
  const auto size = static_cast<std::uint64_t>(*length);
  if (size > kLongestAnnounced) return fail();
  const bool is_kept = size <= longest_text_;
  if (is_kept && !has_room_for(size)) return fail();
  in_text_ = true;
  text_ = of_text(is_kept ? kind : Reply::Kind::too_large, {});
  text_left_ = size + kLineEnd.size();
  return Status::need_more;
}

/// The end of the line is kept with the text until it is whole, and then looked at.
ReplyReader::Status ReplyReader::take_text(std::string_view& bytes) {
  const auto part = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(text_left_, bytes.size())));
  if (text_.kind == Reply::Kind::too_large) {
    text_.text = (text_.text + std::string{part.substr(part.size() - std::min(part.size(), kLineEnd.size()))});
    if (text_.text.size() > kLineEnd.size()) text_.text.erase(0, text_.text.size() - kLineEnd.size());
  } else {
    text_.text += part;
  }
  bytes.remove_prefix(part.size());
  text_left_ -= part.size();
  if (text_left_ > 0) return Status::need_more;
  in_text_ = false;
  if (!text_.text.ends_with(kLineEnd)) return fail();
  text_.text.resize(text_.text.size() - kLineEnd.size());
  return complete(std::exchange(text_, {}));
}

ReplyReader::Status ReplyReader::begin_list(std::string_view digits, char type) {
  const auto length = whole_number(digits);
  const bool in_pairs = type == '%' || type == '|';
  if (!length || *length < -1 || *length > static_cast<std::int64_t>(kMostNodes)) return fail();
  if (*length == -1) return complete({});
  const auto values = static_cast<std::uint64_t>(*length) * (in_pairs ? 2 : 1);
  if (open_.size() >= kMostDepth || nodes_ + values > kMostNodes) return fail();
  Frame frame;
  frame.reply.kind = kind_of_list(type);
  frame.left = values;
  frame.is_dropped = type == '|';
  if (values > 0) {
    open_.push_back(std::move(frame));
    return Status::need_more;
  }
  return frame.is_dropped ? Status::need_more : complete(std::move(frame.reply));
}

/// Hands a value to the list it belongs to; what that completes goes on to the next.
ReplyReader::Status ReplyReader::complete(Reply reply) {
  while (!open_.empty()) {
    auto& frame = open_.back();
    frame.reply.items.push_back(std::move(reply));
    if (--frame.left > 0) return Status::need_more;
    const bool is_dropped = frame.is_dropped;
    reply = std::move(frame.reply);
    open_.pop_back();
    if (is_dropped) return Status::need_more;
  }
  done_ = std::move(reply);
  return Status::ready;
}

}  // namespace cachearr::shared
