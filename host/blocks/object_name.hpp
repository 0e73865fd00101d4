// Where a block goes: folders by the path template, and a file name that follows from its content's place alone.
//
// All parts are checked or escaped, so no destination key can leave the root, and two different keys never share a
// name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

struct Settings;

// Below it are the manifests: no block is.
constexpr std::string_view manifest_root = "_manifest/";

// One part of a path from any bytes. Kept: letters, digits, - . _ ~ (no dot or underscore in front) and UTF-8 above
// ASCII; all else, also the characters that object stores or Hive give a meaning, becomes %XX. Longer than longest
// bytes: cut, then "%~" and a hash of the whole.
// Empty: "%empty". No two texts give the same part, and none gives one that begins with % and small letters.
std::string escape_part(std::string_view text, std::size_t longest = 200);

// "{key}/%Y/%m/%d/%H/%M" or "region={key}/dt=%Y-%m-%d/": folders of a block.
//   {key} all parts of the destination key, {key1} {key2} … one of them, {stream}, {consumer}; for a part that is not
//   there the name that is given for it, and {key} as a directory of its own is left out where the key has no parts
//   %Y %m %d %H %M %S %j %s of the interval's start in UTC, %% and {{ for the characters themselves
class PathTemplate {
public:
  // null_part: the name of a part of the key that is not there. Throws StartupError: an unknown placeholder, an
  // absolute path, "..", an unclosed brace, a first directory that is not for blocks; a null_part that is no file name.
  PathTemplate(std::string_view text, std::string_view stream, std::string_view consumer,
               std::string_view null_part = "%null");

  // Relative, no slash at its ends; empty when the template gives no folder. key: data() of a part that is not there is
  // nullptr.
  std::string folder(const std::vector<std::string_view> &key, std::int64_t interval_start) const;

private:
  struct Piece {
    enum class Kind { text, all_keys, one_key, time } kind;
    std::string text;    // of kind text
    std::size_t key = 0; // of kind one_key, from 0
    char time = 0;       // of kind time: the letter
    bool alone = false;  // of kind all_keys: a whole folder, left out when there is no key
  };
  std::string part_of(std::string_view key_part) const;

  std::string null_part_;
  std::vector<Piece> pieces_;
};

// What a block's file name is made of.
struct ContentPlace {
  std::string_view stream;
  std::string_view stream_created; // identity of the stream, as the server gives it
  std::string_view captured_by;    // see captured_by()
  std::string_view key;            // encoded
  std::int64_t interval_start = 0;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t content = 0; // a hash over its messages, whatever their order
  std::string_view run = {}; // of one run of one host; empty: the name follows from the content
  std::uint64_t block = 0;   // its id in that run
};

// Who captures, as a digest: the consumer, the decoder, the writer and the compression, with all their options. Two
// captures into one root that differ in any of it never give two blocks the same name.
std::string captured_by(const Settings &settings);

// "ORDERS-000000000001-000000001000-5f3a9c0d12ab.csv.gz": the same messages, captured by the same, give the same name;
// others another one. With a run: no other block of any run has it.
std::string file_name(const ContentPlace &place, std::string_view suffix);

// Adds one message to ContentPlace::content: call it as content += content_of(…).
std::uint64_t content_of(std::uint64_t sequence, std::int64_t timestamp);

} // namespace jetcapture::host
