// In which block each sequence is, as text that packs well: the characters of Base64 (RFC 4648) as digits of 64. One
// text has a digit for each message, which says which of the 63 most frequent blocks it is in; what is in others has
// further digits, in a text for each place of the number.
//
// Measured, what blocks are frequent and how the frequencies are spread is all that the packed text costs: see
// tests/bench/manifest_size.cpp.
#pragma once

#include "ledger/manifest.hpp"

#include <nlohmann/json.hpp>

#include <span>
#include <string>

namespace jetcapture::host {

// At most so many messages stand in a line.
constexpr std::size_t messages_a_line = 1'000'000;

// Appends the lines of type "sequences": BlockLine::own of all lines.
void append_sequences(std::span<const BlockLine> lines, std::string &text);

// One such line, into BlockLine::own of the lines. Throws ManifestError.
void read_sequences(const nlohmann::json &line, std::span<BlockLine> lines);

} // namespace jetcapture::host
