// What a key looks like when no name gives it away. Pure.
#pragma once

#include <string_view>

namespace cachearr {

/// True for a word that holds 16 or more letters and digits in a row as keys do ("2b51db35e1910123321025a12b9933d2").
/// UUIDs (MusicBrainz names artists by them) and names of pictures are none.
bool is_secret_shape(std::string_view word) noexcept;

}  // namespace cachearr
