// A block's bytes on their way into a file, and a file's bytes on their way out.
#pragma once

#include "jetcapture/plugin.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace jetcapture::plugins {

// All of the object's bytes into the file, by the kernel where it can. Throws BadData when they are too few or too
// many, Retry when they can't be read, the deadline has passed or the host wants to end; as system_error.hpp says when
// they can't be written.
void copy_object(const Object &object, const Host &host, int file, const std::string &path);

// count bytes of the file from offset on to visitor->bytes(), or as many as there are.
void give_bytes(int file, const std::string &path, std::uint64_t offset, std::uint64_t count,
                const jetcapture_visitor &visitor);

std::array<std::uint8_t, 32> sha256_of(int file, const std::string &path);

} // namespace jetcapture::plugins
