// What blocks are compressed with.
#pragma once

namespace jetcapture::host {

enum class Compression { none, gzip, zstd, snappy };

} // namespace jetcapture::host
