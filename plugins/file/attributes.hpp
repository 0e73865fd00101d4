// Who may do what with a file, besides its bytes and its name.
#pragma once

namespace jetcapture::plugins {

// Gives the file the group and the permissions of another. False where they then differ in owner, file system, access
// control list or other extended attributes.
bool make_alike(int file, int other);

} // namespace jetcapture::plugins
