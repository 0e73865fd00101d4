// An upload in parts, several at once: each part's SHA-256 is verified by the service, that of the whole here. It is
// aborted when it fails.
#pragma once

#include "s3/bucket.hpp"
#include "s3/checksums.hpp"
#include "s3/listing.hpp"
#include "s3/upload_headers.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::plugins {

// Bounds of the service.
constexpr std::uint64_t smallest_part = 5 << 20;
constexpr std::uint64_t largest_part = std::uint64_t{5} << 30;
constexpr std::uint64_t most_parts = 10'000;

// part_size, or as much more as the most parts need.
std::uint64_t fitting_part(std::uint64_t bytes, std::uint64_t part_size);

struct MultipartSettings {
  std::uint64_t part_size;
  unsigned parallel;
};

// Each part carries a checksum of that kind; the list that completes the upload repeats those of SHA-256 (a composite
// checksum). An object that is to be created only is asked for so when the upload is completed. Throws Retry,
// Misconfigured and Exists; nothing of it is left then, unless the service could not be told.
void put_in_parts(Bucket &bucket, const std::string &key, const Object &object, std::vector<Header> headers,
                  Checksum checksum, const MultipartSettings &settings, const TimeLimit &time_limit);

// The uploads below the prefix that began more than age ago and whose names are those of blocks: a process that was
// killed leaves them, and they cost storage for ever. Throws as unfinished_uploads().
std::vector<UnfinishedUpload> left_uploads(Bucket &bucket, const std::string &prefix, std::chrono::nanoseconds age,
                                           const TimeLimit &time_limit);

// Aborts them, up to parallel at once, and counts those that are. Throws as Bucket::ask does.
void abort_uploads(Bucket &bucket, const std::vector<UnfinishedUpload> &uploads, unsigned parallel,
                   const TimeLimit &time_limit, unsigned &aborted);

// Whether the last part of a key is a name that the host gives to blocks:
// "STREAM-000000000001-000000001000-5f3a9c0d12ab.csv".
bool is_block_name(std::string_view key);

} // namespace jetcapture::plugins
