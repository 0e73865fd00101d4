// The one definition of the settings: a table from which flags, JETCAPTURE_* variables, keys of the file and the help
// follow.
//
// Constant; the names in it live as long as the program.
#pragma once

#include "settings/settings.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace jetcapture::host {

// In the order of the help. Their names are also sections of the file.
enum class FlagGroup { connection, capture, stages, blocks, limits, behaviour, operation, log };
std::string_view to_string(FlagGroup group);
// Its heading in the help.
std::string_view title(FlagGroup group);

enum class FlagKind {
  text,
  list,          // given more than once, or separated by the flag's separator
  stage_options, // key=value, given more than once
  flag,          // a switch; --once=false takes it back
  duration,
  size,
  count,
  choice,
  secret,      // a variable or a key of the file, never a flag: the process list shows flags to all
  secret_file, // a file that holds the secret of the same member
  command      // --config, --help, --version: for the command line itself
};

// Where a flag's value goes: a function from the settings to their member.
using FlagMember =
    std::variant<std::monostate, std::string &(*)(Settings &), std::vector<std::string> &(*)(Settings &),
                 bool &(*)(Settings &), std::chrono::nanoseconds &(*)(Settings &), std::uint64_t &(*)(Settings &),
                 std::uint32_t &(*)(Settings &), int &(*)(Settings &), Compression &(*)(Settings &),
                 OnDecodeError &(*)(Settings &), DeliveryKind &(*)(Settings &), Drain &(*)(Settings &),
                 Level &(*)(Settings &), LogFormat &(*)(Settings &)>;

// What only some flags have.
struct FlagDetails {
  std::string_view shown_default = {}; // where the member's own default does not tell
  // Of duration (nanoseconds), size (bytes) and count.
  std::int64_t minimum = 0;
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> choices = {}; // in the order of the member's enumerators
  char separator = 0;                             // of a list's items in one value
  char variable_separator = 0;                    // the same in a variable, where it differs
  char letter = 0;                                // -s
};

struct Flag {
  FlagGroup group;
  std::string_view name; // without dashes: "max-age"
  FlagKind kind;
  std::string_view value; // what the help calls its value: "DURATION"; empty for a switch
  std::string_view help;
  FlagMember member = {};
  FlagDetails details = {};
};

std::span<const Flag> flags();

// nullptr: there is none of that name.
const Flag *find_flag(std::string_view name);

// "JETCAPTURE_MAX_AGE" for max-age.
std::string variable_of(const Flag &flag);

// The flag's value in these settings as a user would write it; lists joined by commas, "…" for a secret that is set.
std::string value_text(const Flag &flag, const Settings &settings);

} // namespace jetcapture::host
