#include "blocks/object_name.hpp"

#include "blocks/sha256.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"
#include "strings/digits.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <utility>

namespace jetcapture::host {

namespace {

// Leaves room in a file name of 255 bytes for the rest of it, and for what a store adds to a temporary one.
constexpr std::size_t longest_stream = 120;
constexpr std::size_t hash_bytes = 16;
constexpr char hex_digits[] = "0123456789ABCDEF";

std::string hex(const unsigned char *bytes, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; i++) {
    text += static_cast<char>(hex_digits[bytes[i] >> 4] | 0x20);
    text += static_cast<char>(hex_digits[bytes[i] & 15] | 0x20);
  }
  return text;
}

// Bytes of the well-formed UTF-8 sequence above ASCII at the start of text that is no control character; 0: none there.
std::size_t printable_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead >= 0xC2 && lead <= 0xDF && follows(1))
    return lead == 0xC2 && byte(1) < 0xA1 ? 0 : 2; // U+0080 to U+00A0: controls and the hard space
  if (lead >= 0xE0 && lead <= 0xEF && follows(1) && follows(2)) {
    if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F))
      return 0;
    if (lead == 0xE2 && (byte(1) == 0x80 || byte(1) == 0x81))
      return 0; // spaces, line separators, marks that turn the direction of text
    if (lead == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF)
      return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4 && follows(1) && follows(2) && follows(3))
    return (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F) ? 0 : 4;
  return 0;
}

bool plain(char c, bool first) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '~')
    return true;
  return (c == '.' || c == '_') && !first;
}

std::tm utc(std::int64_t nanoseconds) {
  std::int64_t seconds = nanoseconds / 1'000'000'000;
  if (nanoseconds % 1'000'000'000 < 0)
    seconds--;
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  return parts;
}

// What a letter of time_letters stands for; the time in parts, too.
void append_time(char letter, const std::tm &time, std::int64_t nanoseconds, std::string &path) {
  const auto put = [&](int number, std::size_t digits) {
    append_digits(path, static_cast<std::uint64_t>(number), digits);
  };
  switch (letter) {
  case 'Y':
    return put(time.tm_year + 1900, 4);
  case 'm':
    return put(time.tm_mon + 1, 2);
  case 'd':
    return put(time.tm_mday, 2);
  case 'H':
    return put(time.tm_hour, 2);
  case 'M':
    return put(time.tm_min, 2);
  case 'S':
    return put(time.tm_sec, 2);
  case 'j':
    return put(time.tm_yday + 1, 3);
  default:
    path += std::to_string(nanoseconds / 1'000'000'000);
  }
}

// Texts one behind the other, so that no two lists of texts give the same.
class Parts {
public:
  Parts &add(std::string_view part) {
    text_ += std::to_string(part.size()) + ":";
    text_ += part;
    return *this;
  }
  const std::string &text() const { return text_; }

private:
  std::string text_;
};

// Throws StartupError.
void check_null_part(std::string_view part) {
  const bool is_plain = std::none_of(part.begin(), part.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
  });
  if (part.empty() || part == "." || part == ".." || part.size() > 200 || !is_plain)
    throw StartupError("--path-null \"" + std::string(part) +
                       "\" is no name of a directory: give one such as __HIVE_DEFAULT_PARTITION__");
}

constexpr std::string_view time_letters = "YmdHMSjs";

} // namespace

std::string escape_part(std::string_view text, std::size_t longest) {
  if (text.empty())
    return "%empty";
  std::string part;
  std::size_t cut = 0; // where the part may be cut: never within an escape or a character
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (const std::size_t size = plain(text[i], i == 0) ? 1 : printable_utf8(text.substr(i)); size > 0) {
      part += text.substr(i, size);
      i += size;
    } else {
      part += '%';
      part += hex_digits[byte >> 4];
      part += hex_digits[byte & 15];
      i++;
    }
    if (part.size() + 2 + 2 * hash_bytes <= longest)
      cut = part.size();
  }
  if (part.size() <= longest)
    return part;
  part.resize(cut);
  return part + "%~" + hex(sha256_of(text).data(), hash_bytes);
}

PathTemplate::PathTemplate(std::string_view text, std::string_view stream, std::string_view consumer,
                           std::string_view null_part)
    : null_part_(null_part) {
  check_null_part(null_part);
  const auto wrong = [&](const std::string &why) {
    throw StartupError("--path-template \"" + std::string(text) + "\" " + why);
  };
  if (text.starts_with('/'))
    wrong("starts with a slash: it is relative to the store's root");
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty())
      pieces_.push_back({.kind = Piece::Kind::text, .text = std::move(literal)});
    literal.clear();
  };
  for (std::size_t i = 0; i < text.size(); i++) {
    const char c = text[i];
    if (c == '%') {
      const char letter = i + 1 < text.size() ? text[i + 1] : '\0';
      i++;
      if (letter == '%') {
        literal += "%25";
      } else if (letter != '\0' && time_letters.find(letter) != std::string_view::npos) {
        flush();
        pieces_.push_back({.kind = Piece::Kind::time, .text = {}, .time = letter});
      } else {
        wrong("has an unknown placeholder %" + std::string(1, letter) + ": there are %Y %m %d %H %M %S %j %s and %%");
      }
    } else if (c == '{' && i + 1 < text.size() && text[i + 1] == '{') {
      literal += '{';
      i++;
    } else if (c == '{') {
      const std::size_t end = text.find('}', i);
      if (end == std::string_view::npos)
        wrong("has a { without a }");
      const std::string_view name = text.substr(i + 1, end - i - 1);
      std::size_t number = 0;
      if (name == "key") {
        flush();
        const bool alone = (i == 0 || text[i - 1] == '/') && (end + 1 == text.size() || text[end + 1] == '/');
        pieces_.push_back({.kind = Piece::Kind::all_keys, .text = {}, .alone = alone});
      } else if (name.starts_with("key") &&
                 std::from_chars(name.data() + 3, name.data() + name.size(), number).ptr == name.data() + name.size() &&
                 number > 0) {
        flush();
        pieces_.push_back({.kind = Piece::Kind::one_key, .text = {}, .key = number - 1});
      } else if (name == "stream") {
        literal += escape_part(stream);
      } else if (name == "consumer") {
        literal += escape_part(consumer);
      } else {
        wrong("has an unknown placeholder {" + std::string(name) +
              "}: there are {key}, {key1}, {key2}, {stream} and {consumer}");
      }
      i = end;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') {
      wrong("has a character that a path should not have");
    } else {
      literal += c;
    }
  }
  flush();
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('/', start), text.size());
    const std::string_view part = text.substr(start, end - start);
    if (part == "." || part == "..")
      wrong("has a part \"" + std::string(part) + "\": blocks stay below the store's root");
    // Of the manifests, and of what a store has not finished.
    if (start == 0 && (part == manifest_root.substr(0, manifest_root.size() - 1) || part.starts_with(".jetcapture")))
      wrong("begins with the folder \"" + std::string(part) + "\", which is not for blocks: give it another name");
    start = end + 1;
  }
}

std::string PathTemplate::part_of(std::string_view key_part) const {
  return key_part.data() == nullptr ? null_part_ : escape_part(key_part);
}

std::string PathTemplate::folder(const std::vector<std::string_view> &key, std::int64_t interval_start) const {
  const std::tm time = utc(interval_start);
  std::string path;
  for (const Piece &piece : pieces_) {
    switch (piece.kind) {
    case Piece::Kind::text:
      path += piece.text;
      break;
    case Piece::Kind::all_keys:
      if (key.empty() && !piece.alone)
        path += null_part_;
      for (std::size_t i = 0; i < key.size(); i++)
        path += (i == 0 ? "" : "/") + part_of(key[i]);
      break;
    case Piece::Kind::one_key:
      path += piece.key < key.size() ? part_of(key[piece.key]) : null_part_;
      break;
    case Piece::Kind::time:
      append_time(piece.time, time, interval_start, path);
      break;
    }
  }
  // Empty parts vanish.
  std::string clean;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    if (end > start) {
      if (!clean.empty())
        clean += '/';
      clean.append(path, start, end - start);
    }
    start = end + 1;
  }
  return clean;
}

std::string captured_by(const Settings &settings) {
  Parts parts;
  parts.add(settings.consumer);
  for (const StageChoice *stage : {&settings.decoder, &settings.writer}) {
    parts.add(stage->name).add(std::to_string(stage->options.size()));
    for (const std::string &option : stage->options)
      parts.add(option);
  }
  parts.add(std::to_string(static_cast<int>(settings.compression))).add(std::to_string(settings.compression_level));
  return hex(sha256_of(parts.text()).data(), hash_bytes);
}

std::string file_name(const ContentPlace &place, std::string_view suffix) {
  char sequences[64];
  std::snprintf(sequences, sizeof sequences, "-%012llu-%012llu-", static_cast<unsigned long long>(place.first_sequence),
                static_cast<unsigned long long>(place.last_sequence));
  std::string identity =
      Parts().add(place.stream).add(place.stream_created).add(place.captured_by).add(place.key).text();
  if (place.run.empty())
    identity += std::to_string(place.interval_start) + sequences + std::to_string(place.content);
  else
    identity += std::string(place.run) + " " + std::to_string(place.block);
  constexpr std::size_t identity_bytes = 6;
  return escape_part(place.stream, longest_stream) + sequences + hex(sha256_of(identity).data(), identity_bytes) +
         std::string(suffix);
}

std::uint64_t content_of(std::uint64_t sequence, std::int64_t timestamp) {
  // The finaliser of SplitMix64: a sum of its results depends on every message and on no order.
  std::uint64_t mixed = sequence * 0x9E3779B97F4A7C15u + static_cast<std::uint64_t>(timestamp);
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  return mixed ^ (mixed >> 31);
}

} // namespace jetcapture::host
