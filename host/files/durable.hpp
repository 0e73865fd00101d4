// What files have to be written with so that they are there after a power cut.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace jetcapture::host {

// Writes all of it to the descriptor. False: it could not, errno says why, and a part may be written.
bool write_whole(int descriptor, std::string_view bytes);
// The same at that offset, whatever the descriptor's own is.
bool write_whole_at(int descriptor, std::string_view bytes, std::uint64_t offset);

// The file has that text then, and had what it had before until then: a new one takes its name. 0; else errno, and it
// is as it was, though without a power cut it may have the text already. mode: its permissions, less the umask.
int replace_file(const std::filesystem::path &file, std::string_view text, unsigned mode = 0600);

// Makes durable which names stand in the folder. False: it could not, errno says why.
bool sync_folder(const std::filesystem::path &folder);

} // namespace jetcapture::host
