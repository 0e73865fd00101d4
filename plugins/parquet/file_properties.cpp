#include "parquet/file_properties.hpp"

#include "jetcapture/plugin.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include <arrow/util/compression.h>
#include <arrow/util/config.h>
#include <parquet/properties.h>

namespace jetcapture::plugins {

namespace {

struct CodecFacts {
  std::string_view name;
  arrow::Compression::type codec;
  std::int64_t least_level; // above the most: it has none
  std::int64_t most_level;
};

constexpr std::array<CodecFacts, 4> codecs = {{{"zstd", arrow::Compression::ZSTD, 1, 19},
                                               {"snappy", arrow::Compression::SNAPPY, 0, -1},
                                               {"gzip", arrow::Compression::GZIP, 1, 9},
                                               {"none", arrow::Compression::UNCOMPRESSED, 0, -1}}};

} // namespace

std::shared_ptr<::parquet::WriterProperties> file_properties(const Options &options, std::string_view version) {
  const std::string name = options.text("compression");
  const CodecFacts &codec =
      *std::find_if(codecs.begin(), codecs.end(), [&](const CodecFacts &one) { return one.name == name; });
  if (!arrow::util::Codec::IsAvailable(codec.codec))
    throw Misconfigured("the option compression is " + name +
                        ", which the Apache Arrow of this machine was built without");
  ::parquet::WriterProperties::Builder builder;
  // 2.6: the first one that has nanoseconds.
  builder.version(::parquet::ParquetVersion::PARQUET_2_6)->compression(codec.codec);
  // "NAME version VERSION (build BUILD)": other texts parquet-java can't read, and says so with a stack trace.
  builder.created_by("jetcapture version " + std::string(version) + " (build arrow " ARROW_VERSION_STRING ")");
  builder.enable_dictionary()->enable_statistics();
  if (options.given("compression-level")) {
    const std::int64_t level = options.integer("compression-level");
    if (codec.least_level > codec.most_level)
      throw Misconfigured("the option compression-level is given, but compression " + name +
                          " has no levels; leave it out");
    if (level < codec.least_level || level > codec.most_level)
      throw Misconfigured("the option compression-level is " + std::to_string(level) + ", but " + name +
                          " has the levels " + std::to_string(codec.least_level) + " to " +
                          std::to_string(codec.most_level));
    builder.compression_level(static_cast<int>(level));
  }
  return builder.build();
}

} // namespace jetcapture::plugins
