// What the options say about the files, as Arrow wants it.
#pragma once

#include <memory>

namespace parquet {
class WriterProperties;
}

namespace jetcapture {
class Options;
}

namespace jetcapture::plugins {

// Throws Misconfigured for a codec that this Arrow lacks, or a level that the codec does not have.
std::shared_ptr<parquet::WriterProperties> file_properties(const Options &options);

} // namespace jetcapture::plugins
