// What files have to be written with so that they are there after a power cut.
#pragma once

#include <filesystem>
#include <string_view>

namespace jetcapture::host {

// Writes all of it to the descriptor. False: it could not, errno says why, and a part may be written.
bool write_whole(int descriptor, std::string_view bytes);

// Makes durable which names stand in the folder. False: it could not, errno says why.
bool sync_folder(const std::filesystem::path &folder);

} // namespace jetcapture::host
