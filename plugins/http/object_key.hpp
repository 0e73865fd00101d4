// An object's name joined with the prefix of its store, checked.
#pragma once

#include <string>
#include <string_view>

namespace jetcapture::plugins {

// What an option gives as prefix: without a slash at its end. Throws Misconfigured: a slash in front, a part that is
// empty, "." or "..", bytes that are no UTF-8 or control characters.
std::string checked_prefix(std::string_view given);

// "prefix/name". Throws Misconfigured: an empty name, the same faults, or more than longest bytes together.
std::string object_key(std::string_view prefix, std::string_view name, std::size_t longest);

// The beginning of keys for a listing of names that begin with name_prefix.
std::string key_prefix(std::string_view prefix, std::string_view name_prefix);

} // namespace jetcapture::plugins
