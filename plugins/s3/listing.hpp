// What the bucket says of its objects and of uploads that are not finished.
#pragma once

#include "http/stored_object.hpp"
#include "s3/bucket.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::plugins {

// Nothing where there is no such object.
std::optional<StoredObject> status_of(Bucket &bucket, const std::string &key, const TimeLimit &time_limit);

// All objects whose keys begin with the prefix, in the service's order.
void list_objects(Bucket &bucket, const std::string &prefix, const TimeLimit &time_limit,
                  const std::function<void(const std::string &key, std::uint64_t bytes)> &take);

struct UnfinishedUpload {
  std::string key;
  std::string id;
  std::string initiated;
};

std::vector<UnfinishedUpload> unfinished_uploads(Bucket &bucket, const std::string &prefix,
                                                 const TimeLimit &time_limit);

} // namespace jetcapture::plugins
