#include "tools/ledger/wanted_messages.hpp"

#include "settings/error.hpp"
#include "settings/values.hpp"
#include "tools/ledger/flags.hpp"
#include "tools/ledger/report.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>

namespace jetcapture::host {

namespace {

std::uint64_t sequence_given(const ToolArguments &given, const std::string &flag, std::uint64_t otherwise) {
  if (!given.has(flag))
    return otherwise;
  const auto number = parse_integer(given.value(flag, ""));
  if (!number || *number < 1)
    throw StartupError("--" + flag + " " + given.value(flag, "") + " is not a number from 1 on");
  return static_cast<std::uint64_t>(*number);
}

} // namespace

WantedMessages wanted_by(const ToolArguments &given) {
  WantedMessages wanted;
  wanted.first_sequence = sequence_given(given, "from-sequence", wanted.first_sequence);
  wanted.last_sequence = sequence_given(given, "up-to", wanted.last_sequence);
  if (given.has("from"))
    wanted.from = time_given("from", given.value("from", ""));
  if (given.has("to"))
    wanted.to = time_given("to", given.value("to", ""));
  if (given.has("created"))
    wanted.stream_created = time_given("created", given.value("created", ""));
  if (given.has("key"))
    wanted.key = [key = given.value("key", "")](std::string_view of_block) { return key_begins_with(of_block, key); };
  wanted.subject = given.value("subject", "");
  return wanted;
}

std::string chosen_by(const ToolArguments &given) {
  nlohmann::ordered_json chosen;
  for (const ToolFlag &flag : cat_flags)
    if (given.has(flag.name))
      chosen[std::string(flag.name)] = given.value(flag.name, "");
  return chosen.empty() ? "" : chosen.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
}

Spool spool_below_tmpdir() try {
  return Spool(std::filesystem::temp_directory_path(), 0);
} catch (const std::exception &) {
  throw StartupError("no file can be made in the folder for temporary files; set TMPDIR to one that can be written");
}

} // namespace jetcapture::host
