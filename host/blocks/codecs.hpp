// The codecs, one a library. Each is there only where its library was found when this was built (JETCAPTURE_ZSTD and so
// on).
#pragma once

#include "blocks/codec.hpp"
#include "blocks/unpacker.hpp"

namespace jetcapture::host {

std::unique_ptr<Codec> make_zlib_codec(int level);
std::unique_ptr<Codec> make_libdeflate_codec(int level);
std::unique_ptr<Codec> make_zstd_codec(int level);
std::unique_ptr<Codec> make_snappy_codec();

std::unique_ptr<Unpacker> make_gzip_unpacker();
std::unique_ptr<Unpacker> make_zstd_unpacker();
std::unique_ptr<Unpacker> make_snappy_unpacker();

} // namespace jetcapture::host
