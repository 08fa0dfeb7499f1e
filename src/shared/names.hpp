// How everything of the shared tier is called in Redis: below one prefix, with a figure for the format of each kind, so
// that a new format lives beside the old one. Braces are the hash tags of a Cluster. Pure.
#pragma once

#include <string>
#include <string_view>

namespace cachearr::shared {

struct Names {
  std::string prefix;

  std::string record(std::string_view id) const { return with("r1", id); }
  std::string lock(std::string_view id) const { return with("k1", id); }
  std::string done(std::string_view id) const { return with("d1", id); }
  std::string lane(std::string_view id) const { return with("l1", id); }
  std::string stream() const { return with("i1", "news"); }
  std::string counter() const {
    return with("n1", "news");
  }                                                         // last ordinal, swept-to, epoch, check value of the secret
  std::string sweep() const { return with("k1", "news"); }  // who removes what was invalidated, or that it was done
  std::string members() const { return with("m1", "news"); }  // by last heartbeat
  std::string cards() const { return with("h1", "news"); }    // what each says of itself

 private:
  std::string with(std::string_view kind, std::string_view id) const {
    std::string name = prefix;
    return name.append(":").append(kind).append(":{").append(id).append("}");
  }
};

}  // namespace cachearr::shared
