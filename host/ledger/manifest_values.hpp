// Values in the lines of a manifest: hashes, times and keys as texts, and members that have to be there.
//
// What is not as it has to be is a ManifestError with a sentence.
#pragma once

#include "ledger/manifest.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

std::uint64_t unsigned_in(const nlohmann::json &line, const char *name);
// The same, where the value has to fit into 32 bits.
std::uint32_t small_in(const nlohmann::json &line, const char *name);
std::int64_t signed_in(const nlohmann::json &line, const char *name);
bool flag_in(const nlohmann::json &line, const char *name);
const std::string &text_in(const nlohmann::json &line, const char *name);
std::int64_t time_in(const nlohmann::json &line, const char *name);
const nlohmann::json &list_in(const nlohmann::json &line, const char *name);
std::vector<std::uint64_t> unsigned_list_in(const nlohmann::json &line, const char *name);

// Hexadecimal digits, small.
std::string text_of_hash(const Sha256 &hash);
Sha256 hash_in(const nlohmann::json &line, const char *name);

std::string base64_in(const nlohmann::json &line, const char *name);

// key: encoded. "key": its parts, null for one that is not there; "key_bytes" beside it, where a part is no UTF-8.
void put_key(std::string_view key, nlohmann::ordered_json &line);
std::string key_in(const nlohmann::json &line);

} // namespace jetcapture::host
