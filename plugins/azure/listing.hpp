// What the container says of its blobs.
#pragma once

#include "azure/container.hpp"
#include "http/page.hpp"
#include "http/stored_object.hpp"

#include <optional>
#include <string>

namespace jetcapture::plugins {

// Nothing where there is no such blob.
std::optional<StoredObject> status_of(Container &container, const std::string &key, const TimeLimit &time_limit);

// Blobs whose names begin with the prefix, until the page is full. The service can't begin behind a name: those before
// it are asked for and passed over, five thousand a request.
void list_blobs(Container &container, const std::string &prefix, const TimeLimit &time_limit, Page &page);

} // namespace jetcapture::plugins
