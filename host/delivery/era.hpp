// When a message came, as far as its identity depends on it.
//
// A message is its sequence and its timestamp. A stream that has lost its end, as after a power failure of its server,
// gives the sequences of what it lost to other messages: a new generation begins. And what came before a reconnect may
// be of a generation that is over.
#pragma once

#include <cstdint>

namespace jetcapture::host {

struct Era {
  // Grows when the stream gives a known sequence to a newer message. Blocks hold messages of one generation.
  std::uint32_t generation = 0;
  // Grows with each reconnect. 0: an earlier run.
  std::uint32_t connection = 0;
};

} // namespace jetcapture::host
