// How wide a terminal is.
#pragma once

#include <cstddef>
#include <optional>

namespace jetcapture::host {

// In columns. nullopt: the descriptor is no terminal, or the terminal does not tell.
std::optional<std::size_t> terminal_width(int descriptor);

} // namespace jetcapture::host
