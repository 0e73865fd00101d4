// What the bucket says of its objects and of uploads that are not finished.
#pragma once

#include "http/page.hpp"
#include "http/stored_object.hpp"
#include "s3/bucket.hpp"

#include <optional>
#include <string>
#include <vector>

namespace jetcapture::plugins {

// Nothing where there is no such object.
std::optional<StoredObject> status_of(Bucket &bucket, const std::string &key, const TimeLimit &time_limit);
// The same, with the SHA-256 of the whole that the service keeps, where it has one: not of an upload in parts, whose
// checksum is composite, and not where it refuses to tell (a KMS key that may not be used to decrypt).
std::optional<StoredObject> verified_status_of(Bucket &bucket, const std::string &key, const TimeLimit &time_limit);

// What the header x-amz-checksum-sha256 says of all bytes together; nothing where it says that of parts.
std::optional<Sha256> checksum_of_whole(const Answer &head);

// Objects whose keys begin with the prefix, until the page is full.
void list_objects(Bucket &bucket, const std::string &prefix, const TimeLimit &time_limit, Page &page);

// Whether objects below the prefix could be listed. Throws Refusal and NotTheService for what would also refuse a put,
// not where the right to list is missing or the service can't.
void try_to_list(Bucket &bucket, const std::string &prefix, const TimeLimit &time_limit);

struct UnfinishedUpload {
  std::string key;
  std::string id;
  std::string initiated;
};

// Throws Refusal where the service does not list them, and NotTheService.
std::vector<UnfinishedUpload> unfinished_uploads(Bucket &bucket, const std::string &prefix,
                                                 const TimeLimit &time_limit);

} // namespace jetcapture::plugins
