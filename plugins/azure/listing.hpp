// What the container says of its blobs.
#pragma once

#include "azure/container.hpp"
#include "http/stored_object.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace jetcapture::plugins {

// Nothing where there is no such blob.
std::optional<StoredObject> status_of(Container &container, const std::string &key, const TimeLimit &time_limit);

// All blobs whose names begin with the prefix, in the service's order.
void list_blobs(Container &container, const std::string &prefix, const TimeLimit &time_limit,
                const std::function<void(const std::string &key, std::uint64_t bytes)> &take);

} // namespace jetcapture::plugins
