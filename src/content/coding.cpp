#include "content/coding.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace cachearr::content {
namespace {

constexpr std::array<std::pair<std::string_view, Coding>, 6> kCodingNames = {{{"identity", Coding::identity},
                                                                              {"gzip", Coding::gzip},
                                                                              {"br", Coding::brotli},
                                                                              {"deflate", Coding::deflate},
                                                                              {"zstd", Coding::zstd},
                                                                              {"x-gzip", Coding::gzip}}};

/// A qvalue in thousandths; what is none counts as zero: better plain than unreadable.
int weight_in(std::string_view qvalue) noexcept {
  int value = 0;
  int place = 1000;
  for (const char c : qvalue) {
    if (c == '.') continue;
    if (c < '0' || c > '9' || place == 0) break;
    value += (c - '0') * place;
    place /= 10;
  }
  return std::min(value, 1000);
}

/// "gzip;q=0.5"
std::pair<std::string_view, int> name_and_weight(std::string_view member) noexcept {
  auto semicolon = member.find(';');
  const auto name = text::trim(member.substr(0, semicolon));
  int weight = 1000;
  while (semicolon != std::string_view::npos) {
    member.remove_prefix(semicolon + 1);
    semicolon = member.find(';');
    const auto parameter = text::trim(member.substr(0, semicolon));
    if (parameter.size() >= 2 && text::lower(parameter[0]) == 'q' && parameter[1] == '=')
      weight = weight_in(parameter.substr(2));
  }
  return {name, weight};
}

struct Weight {
  int value = 0;
  bool named = false;  // and not only meant by "*"
};

/// `is_meant` tells which names mean the coding.
template <class IsMeant>
Weight weight_where(std::string_view accept_encoding, int unnamed, IsMeant is_meant) noexcept {
  std::optional<int> named;
  std::optional<int> any;
  text::for_each_member(accept_encoding, [&](std::string_view member) {
    const auto [name, weight] = name_and_weight(member);
    if (name == "*") {
      any = weight;
    } else if (is_meant(name)) {
      named = weight;
    }
  });
  if (named) return {*named, true};
  if (any) return {*any, false};
  return {unnamed, false};
}

Weight weight_of(std::string_view accept_encoding, Coding coding) noexcept {
  // Identity is acceptable unless forbidden, but whatever is named goes first.
  return weight_where(accept_encoding, coding == Coding::identity ? 1 : 0,
                      [coding](std::string_view name) { return coding_of(name) == coding; });
}

/// The registered codings (RFC 9110 18.6) that this program cannot read. Any other token names nothing that could be
/// undone or negotiated.
bool is_registered(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 7> names{"aes128gcm", "compress", "x-compress",  "dcb",
                                                  "dcz",       "exi",      "pack200-gzip"};
  return std::any_of(names.begin(), names.end(), [name](std::string_view each) { return text::iequals(each, name); });
}

/// Of one member of a Content-Encoding.
bool takes_one(std::string_view accept_encoding, std::string_view name) noexcept {
  const auto coding = coding_of(name);
  if (coding != Coding::unknown) return accepts(accept_encoding, coding);
  if (!is_registered(name)) return true;
  return weight_where(accept_encoding, 0, [name](std::string_view other) { return text::iequals(name, other); }).value >
         0;
}

}  // namespace

Coding coding_of(std::string_view content_encoding) noexcept {
  const auto name = text::trim(content_encoding);
  if (name.empty()) return Coding::identity;
  for (const auto& [known, coding] : kCodingNames) {
    if (text::iequals(known, name)) return coding;
  }
  return Coding::unknown;
}

std::string_view name_of(Coding coding) noexcept {
  const auto found =
      std::find_if(kCodingNames.begin(), kCodingNames.end(), [&](const auto& each) { return each.second == coding; });
  return found == kCodingNames.end() ? std::string_view{} : found->first;
}

bool accepts(std::string_view accept_encoding, Coding coding) noexcept {
  return coding != Coding::unknown && weight_of(accept_encoding, coding).value > 0;
}

CodingSet accepted_codings(std::string_view accept_encoding) noexcept {
  unsigned taken = 0, named = 0;
  int any = -1;  // the weight of "*"
  text::for_each_member(accept_encoding, [&](std::string_view member) {
    const auto [name, weight] = name_and_weight(member);
    if (name == "*") any = weight;
    const auto coding = set_of(coding_of(name));
    named |= coding;
    taken = weight > 0 ? taken | coding : taken & ~static_cast<unsigned>(coding);
  });
  constexpr unsigned readable = set_of(Coding::identity) | set_of(Coding::gzip) | set_of(Coding::brotli) |
                                set_of(Coding::deflate) | set_of(Coding::zstd);
  // Identity is acceptable unless it is forbidden; the others where "*" says so.
  const unsigned unnamed = any > 0 ? readable : any < 0 ? set_of(Coding::identity) : 0U;
  const unsigned set = (taken | (unnamed & ~named)) & readable;
  return set == 0 ? set_of(Coding::identity) : static_cast<CodingSet>(set);
}

bool takes(std::string_view accept_encoding, std::string_view content_encoding) noexcept {
  bool all = true;
  text::for_each_member(content_encoding,
                        [&](std::string_view name) { all = all && takes_one(accept_encoding, name); });
  return all;
}

bool is_readable(std::string_view content_encoding) noexcept {
  std::size_t count = 0;
  bool known = true;
  text::for_each_member(content_encoding, [&](std::string_view name) {
    ++count;
    known = known && coding_of(name) != Coding::unknown;
  });
  return known && count <= 3;
}

Coding choose_coding(std::string_view accept_encoding, Coding stored) noexcept {
  if (stored == Coding::unknown) return stored;
  if (stored != Coding::identity && accepts(accept_encoding, stored)) return stored;
  auto best = Coding::identity;
  int most = weight_of(accept_encoding, Coding::identity).value;
  for (const auto coding : {Coding::gzip, Coding::brotli}) {
    const auto weight = weight_of(accept_encoding, coding);
    if ((weight.named || most == 0) && weight.value > 0 && weight.value >= most) best = coding, most = weight.value;
  }
  return best;
}

}  // namespace cachearr::content
