// The flags of the commands that read a backup: for the commands, and for completion.
#pragma once

#include "tools/arguments.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace jetcapture::host {

// The flags of a capture that each of these commands takes.
constexpr std::array<std::string_view, 9> backup_flags = {
    "store",     "store-opt", "stream", "consumer", "config", "plugin-dir", "log-level", "allow-writable-plugins",
    "log-format"};
constexpr std::string_view backup_flags_help =
    "It also takes these flags of a capture: --store and --store-opt; --stream and --consumer, for what was captured "
    "from that stream or by that consumer alone; --config FILE, which may have all of them; --plugin-dir. The exit "
    "status is 0 if everything is good, 1 if something is wrong, 2 if a setting is wrong, and 3 if it could not be "
    "told.";

template <std::size_t A, std::size_t B>
constexpr std::array<ToolFlag, A + B> together(const std::array<ToolFlag, A> &first,
                                               const std::array<ToolFlag, B> &second) {
  std::array<ToolFlag, A + B> all{};
  std::copy(second.begin(), second.end(), std::copy(first.begin(), first.end(), all.begin()));
  return all;
}

inline constexpr std::array<ToolFlag, 6> ls_flags = {
    {{"from", "TIME", "only blocks with messages from that time on: 2026-11-24, 2026-11-24T12:30:00Z, 2h (ago)"},
     {"to", "TIME", "only blocks with messages from before that time"},
     {"key", "KEY", "only blocks of that destination key, or of keys that begin with these parts: eu, eu/berlin"},
     {"quarantine", "", "only blocks of messages that could not be decoded or written"},
     {"retired", "", "also blocks that are retired: the backup no longer wants them"},
     {"json", "", "print them as JSON"}}};
inline constexpr std::array<ToolFlag, 4> find_flags = {
    {{"sequence", "N", "the message with that sequence in the stream"},
     {"time", "TIME", "blocks with messages of about that time: 2026-11-24T12:30:00Z, 2h (ago)"},
     {"key", "KEY", "blocks of that destination key, or of keys that begin with these parts: eu, eu/berlin"},
     {"json", "", "print it as JSON"}}};
inline constexpr std::array<ToolFlag, 7> cat_flags = {
    {{"from", "TIME", "only messages from that time on: 2026-11-24, 2026-11-24T12:30:00Z, 2h (ago)"},
     {"to", "TIME", "only messages from before that time"},
     {"from-sequence", "N", "nothing before that sequence"},
     {"up-to", "N", "nothing behind that sequence"},
     {"key", "KEY", "only blocks of that destination key, or of keys that begin with these parts: eu, eu/berlin"},
     {"subject", "SUBJECT", "only messages of that subject, which may have wildcards: 'orders.*.created', 'orders.>'"},
     {"created", "TIME",
      "the stream of that name that was created then, of several one after the other [the newest that has blocks]"}}};
inline constexpr std::array<ToolFlag, 10> verify_flags = {
    {{"against-stream", "",
      "compare with the messages that --stream has now, of --consumer: those that were acked have to be in the backup"},
     {"state-dir", "DIR",
      "compare with the last manifest that the host with that state directory has put: were the newest ones removed?"},
     {"deep", "", "read all bytes of the objects and compare their hashes, also where the store's service keeps them"},
     {"strict", "", "messages that two hosts have stored, of a consumer that they share, count as wrong"},
     {"sweep", "",
      "name the objects of blocks that were given up, whose messages are all in other blocks; only where all is good"},
     {"adopt", "",
      "name the objects of blocks that were given up, and that are the only copies of messages: they are in no other "
      "block, and --stream does not have them any more"},
     {"yes", "", "with --sweep: remove them; with --adopt: copy them under names that count"},
     {"metrics-file", "FILE",
      "write what was found as metrics into that file, whole, for the textfile collector of Prometheus' node exporter"},
     {"notes", "", "print also what is neither wrong nor unknown: pending and void blocks, objects of others"},
     {"json", "", "print it as JSON"}}};

inline constexpr std::array<ToolFlag, 5> purge_flags = {
    {{"up-to", "N", "nothing behind that sequence"},
     {"keep", "TIME", "keep the messages of that time, by whole blocks: 7d, 12h"},
     {"behind", "STREAM",
      "a mirror of the stream, or one that has it as a source: nothing that it has not copied; may "
      "be repeated"},
     {"yes", "", "remove them"},
     {"json", "", "print it as JSON"}}};

inline constexpr std::array<ToolFlag, 9> restore_how_flags = {
    {{"exact", "", "make a stream with the sequences and times that its messages had"},
     {"publish", "", "publish the messages into a stream that exists"},
     {"to-stream", "NAME", "the stream to make, or to publish into"},
     {"to-subject", "SUBJECT", "exact: a subject for the stream instead of those that it had; may be repeated"},
     {"replicas", "N", "exact: how many replicas it gets, instead of as many as it had"},
     {"any-server", "", "exact: also on a nats-server of a version that this was not tested with"},
     {"subject-prefix", "PREFIX", "publish: what is put before the subject of each message: 'replay.'"},
     {"rate", "N", "publish: at most so many messages a second"},
     {"append", "", "publish: also behind messages that this command has not published"}}};
inline constexpr std::array<ToolFlag, 3> restore_other_flags = {
    {{"incomplete", "", "also where blocks of the backup are damaged or missing: without their messages"},
     {"yes", "", "do it"},
     {"json", "", "print it as JSON"}}};
inline constexpr auto restore_flags = together(together(restore_how_flags, cat_flags), restore_other_flags);

inline constexpr std::array<ToolFlag, 4> retire_flags = {
    {{"before", "TIME", "blocks whose messages are all from before that time: 2025-01-01, 365d (ago)"},
     {"key", "KEY", "only blocks of that destination key, or of keys that begin with these parts: eu, eu/berlin"},
     {"yes", "", "retire them, and remove their objects"},
     {"json", "", "print it as JSON"}}};

// Of a capture that the commands take which reach the server.
std::vector<std::string_view> server_flags();

inline constexpr std::array<ToolFlag, 1> compact_flags = {{{"json", "", "print it as JSON"}}};

// Those of the command of that name; empty: it is none that reads a backup.
constexpr std::span<const ToolFlag> backup_command_flags(std::string_view command) {
  if (command == "ls")
    return ls_flags;
  if (command == "find")
    return find_flags;
  if (command == "cat")
    return cat_flags;
  if (command == "verify")
    return verify_flags;
  if (command == "purge")
    return purge_flags;
  if (command == "restore")
    return restore_flags;
  if (command == "retire")
    return retire_flags;
  if (command == "ledger")
    return compact_flags;
  return {};
}

} // namespace jetcapture::host
