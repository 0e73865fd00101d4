// What the options say about the files, as Arrow wants it.
#pragma once

#include <memory>
#include <string_view>

namespace parquet {
class WriterProperties;
}

namespace jetcapture {
class Options;
}

namespace jetcapture::plugins {

// version: of the writer, which files name as what made them. Throws Misconfigured for a codec that this Arrow lacks,
// or a level that the codec does not have.
std::shared_ptr<parquet::WriterProperties> file_properties(const Options &options, std::string_view version);

} // namespace jetcapture::plugins
