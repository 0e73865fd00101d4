#include "blocks/sha256.hpp"
#include "ledger/last_manifest.hpp"
#include "support/backup.hpp"
#include "support/program.hpp"
#include "support/sequences.hpp"
#include "tools/tool.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>

#include <unistd.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

// Sequences 1 to 1,000 of ORDERS in three blocks, 1,001 to 1,010 filtered, 1,011 terminated, 1,012 absent; 1,013 is
// nowhere, 1,014 in two blocks, 1,015 in one that is not stored.
struct Backup {
  Folder folder;
  BackupChain writer{{"ORDERS", "backup", "3f9a"}, into_folder(folder.path())};
  std::vector<BlockLine> lines;

  Backup() {
    lines = {writer.block("eu", {1, 2, 4}), writer.block("us", {3, 5, 6}), writer.block("eu", from_to(7, 1000), 1),
             writer.block("eu", {}, 2, {{1014, 2}}), writer.block("us", {}, 2, {{1014, 2}})};
    writer.write_and_store({lines[0], lines[1]});
    writer.write_and_store({lines[2], lines[3], lines[4]});
    Manifest last;
    last.filtered = {{1001, 1010}};
    last.terminated = {{1011, 1011}};
    last.absent = {{1012, 1012}};
    last.lines = {writer.block("asia", {1015}, 3)};
    writer.write(last);
  }

  ToolRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--store", "file", "--store-opt", "root=" + folder.path().string()});
    return run_tool(arguments);
  }
  std::string file(const BlockLine &line) const { return folder / line.name; }
  std::string manifest(std::uint64_t number) const { return folder / name_of(writer.header.chain, number); }
};

nlohmann::json finding(const ToolRun &run, const std::string &kind) {
  const nlohmann::json report = run.json();
  for (const auto &one : report["findings"])
    if (one["kind"] == kind)
      return one;
  return nullptr;
}

} // namespace

TEST_CASE("ls lists the blocks of a backup with their state, and totals") {
  const Backup backup;
  const ToolRun run = backup.run({"ls"});
  CHECK(run.status == 0);
  CHECK(run.err == "");
  CHECK(has(run.out, "done                  3        " + std::to_string(backup.lines[0].bytes) +
                         " B  2025-11-24T16:00:00Z  2025-11-24T16:14:59Z  " + backup.lines[0].name + "\n"));
  CHECK(has(run.out, "pending"));
  CHECK(has(run.out, "5 blocks, 1,002 messages"));
  CHECK(has(run.out, "; 1 pending\n"));

  const nlohmann::json found = backup.run({"ls", "--json"}).json();
  CHECK(found["blocks"].size() == 6);
  CHECK(found["blocks"][0]["name"] == backup.lines[0].name);
  CHECK(found["blocks"][0]["key"] == nlohmann::json::array({"eu"}));
  CHECK(found["blocks"][0]["first_time"] == "2025-11-24T16:00:00.000000000Z");
  CHECK(found["totals"]["done"]["messages"] == 1002);
}

TEST_CASE("a backup on a file system that is mounted read-only is listed and verified") {
  const Backup backup;
  const std::string root = backup.folder.path().string();
  const std::vector<std::string> mounted = {"unshare",
                                            ::geteuid() == 0 ? "-m" : "-mr",
                                            "sh",
                                            "-c",
                                            "mount --bind '" + root + "' '" + root + "' && mount -o remount,bind,ro '" +
                                                root + "' && exec \"$@\"",
                                            "sh"};
  if (run_tool({"--version"}, "", mounted).status != 0) {
    MESSAGE("skipped: this user may not mount a file system");
    CHECK(std::getenv("CI") == nullptr);
    return;
  }
  const std::vector<std::string> where = {"--store", "file", "--store-opt", "root=" + root};
  for (const std::string command : {"ls", "verify", "find"}) {
    CAPTURE(command);
    std::vector<std::string> arguments = {command};
    if (command == "find")
      arguments.insert(arguments.end(), {"--sequence", "3"});
    arguments.insert(arguments.end(), where.begin(), where.end());
    const ToolRun usual = run_tool(arguments);
    CHECK(usual.status != 2);
    const ToolRun read_only = run_tool(arguments, "", mounted);
    CHECK(read_only.status == usual.status);
    CHECK(read_only.out == usual.out);
    CHECK(read_only.err == usual.err);
  }
}

TEST_CASE(
    "ls and find call a block superseded that was never stored and whose messages are in others, as verify does") {
  Backup backup;
  const BlockLine dead = backup.writer.block("eu", {2001, 2002, 2003}, 5);
  const BlockLine half = backup.writer.block("us", {2002, 2004}, 5);
  backup.writer.write(manifest_of({dead, half}));
  BackupChain other({"ORDERS", "backup", "other"}, into_folder(backup.folder.path()));
  other.write_and_store({other.block("eu", {2001, 2002, 2003}, 5)});
  const nlohmann::json verified = backup.run({"verify", "--json"}).json();
  CHECK(verified["blocks"]["superseded"] == 1);
  const nlohmann::json listed = backup.run({"ls", "--json"}).json();
  CHECK(listed["totals"]["superseded"]["blocks"] == 1);
  CHECK(listed["totals"]["pending"]["blocks"] == verified["blocks"]["pending"]);
  for (const auto &block : listed["blocks"]) {
    CHECK((block["name"] == dead.name) == (block["state"] == "superseded"));
    if (block["name"] == half.name)
      CHECK(block["state"] == "pending");
  }
  CHECK(has(backup.run({"ls", "--key", "eu"}).out, "; 1 superseded"));
  CHECK(has(backup.run({"find", "--sequence", "2003"}).out, "superseded  " + dead.name));
}

TEST_CASE("ls lists only the blocks of a time, a key, a stream or a consumer") {
  const Backup backup;
  const auto blocks = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"ls", "--json"});
    return backup.run(arguments).json()["blocks"].size();
  };
  CHECK(blocks({"--key", "eu"}) == 3);
  CHECK(blocks({"--key", "e"}) == 0);
  CHECK(blocks({"--from", "2025-11-24T16:15:00Z", "--to", "2025-11-24T16:30"}) == 1);
  CHECK(blocks({"--from", "2025-11-25"}) == 0);
  CHECK(blocks({"--quarantine"}) == 0);
  CHECK(blocks({"--stream", "ORDERS", "--consumer", "backup"}) == 6);
  const ToolRun other = backup.run({"ls", "--stream", "OTHER"});
  CHECK(other.status == 3);
  CHECK(has(other.err, "has no manifests of that capture"));
}

TEST_CASE("find says in which object a message is, or why it is in none") {
  const Backup backup;
  ToolRun run = backup.run({"find", "--sequence", "4"});
  CHECK(run.status == 0);
  CHECK(run.out == "done  " + backup.lines[0].name + "\n");
  run = backup.run({"find", "--sequence", "1014"});
  CHECK(run.status == 0);
  CHECK(has(run.out, backup.lines[3].name + "  (one of 2 blocks of this message)"));
  CHECK(has(run.out, backup.lines[4].name));
  CHECK(has(backup.run({"find", "--sequence", "1005"}).out, "1005 of ORDERS, captured by backup, filtered"));
  CHECK(has(backup.run({"find", "--sequence", "1011"}).out, "terminated"));
  CHECK(has(backup.run({"find", "--sequence", "1012"}).out, "absent"));
  run = backup.run({"find", "--sequence", "1013"});
  CHECK(run.status == 1);
  CHECK(has(run.out, "sequence 1013 is in no block, and no manifest says why"));
  run = backup.run({"find", "--sequence", "1015"});
  CHECK(run.status == 3);
  CHECK(has(run.out, "pending"));
  run = backup.run({"find", "--sequence", "2000"});
  CHECK(run.status == 3);
  CHECK(has(run.out, "is not captured yet: the manifests go to 1015"));
  run = backup.run({"find", "--time", "2025-11-24T16:20:00Z", "--json"});
  CHECK(run.status == 0);
  CHECK(run.json()["found"].size() == 1);
  CHECK(run.json()["found"][0]["name"] == backup.lines[2].name);
  CHECK(backup.run({"find", "--key", "us", "--json"}).json()["found"].size() == 2);
}

TEST_CASE("find does not say that nobody knows a message where a manifest could not be read") {
  const Backup backup;
  write_file(backup.manifest(3), "garbage");
  const ToolRun run = backup.run({"find", "--sequence", "500"});
  CHECK(run.status == 3);
  CHECK(has(run.out, "nothing was found, and not all manifests could be read"));
  CHECK(has(run.err, "is damaged"));
}

TEST_CASE("verify finds an intact backup good, and tells each damage with its messages") {
  const Backup intact;
  const ToolRun good = intact.run({"verify"});
  CHECK(good.status == 0);
  CHECK(has(good.out, "5 blocks with 1,001 messages"));
  CHECK(has(good.out, "hashes checked: 5 of 5, as the store tells them\n1 block is not stored yet\ngood\n"));

  const Backup removed;
  std::filesystem::remove(removed.file(removed.lines[0]));
  ToolRun run = removed.run({"verify"});
  CHECK(run.status == 1);
  CHECK(has(run.out, "wrong: " + removed.lines[0].name + " is not in the store (3 messages: 1 to 2, 4)"));

  const Backup changed;
  std::string bytes = read_file(changed.file(changed.lines[2]));
  bytes[3] = 'X';
  write_file(changed.file(changed.lines[2]), bytes);
  run = changed.run({"verify", "--json"});
  CHECK(run.status == 1);
  CHECK(run.json()["verdict"] == "wrong");
  CHECK(finding(run, "object_differs")["sequences"] == nlohmann::json::parse("[[7,1000]]"));
  CHECK(changed.run({"verify", "--deep"}).status == 1);

  const Backup hole;
  std::filesystem::remove(hole.manifest(3));
  run = hole.run({"verify", "--json"});
  CHECK(run.status == 1);
  CHECK(finding(run, "manifest_missing").is_object());
  CHECK(run.json()["counts"]["object_unlisted"] == 3);

  Backup twice;
  twice.writer.write_and_store({twice.writer.block("eu", {2, 3}, 9)});
  run = twice.run({"verify", "--json"});
  CHECK(run.status == 1);
  CHECK(run.json()["counts"]["twice"] == 2);
}

TEST_CASE("verify compares with what the state directory of a host says was its last manifest") {
  const Backup backup;
  const Folder state;
  Log log(Level::error, LogFormat::text);
  const auto remember = [&](const Sha256 &sha256) {
    LastManifest(state / "last-manifest", log).keep({backup.writer.last_name(), sha256});
  };
  const auto verify = [&] { return backup.run({"verify", "--json", "--state-dir", state.path().string()}); };
  CHECK(verify().status == 2);
  CHECK(verify().err.find("there is no " + (state / "last-manifest")) != std::string::npos);
  const std::string last = backup.folder / backup.writer.last_name();
  remember(sha256_of(read_file(last)));
  CHECK(verify().status == backup.run({"verify", "--json"}).status);
  CHECK(finding(verify(), "manifest_replaced") == nullptr);
  remember({});
  CHECK(finding(verify(), "manifest_replaced")["verdict"] == "wrong");
  std::filesystem::remove(last);
  std::filesystem::remove(backup.manifest(4));
  CHECK(finding(backup.run({"verify", "--json"}), "manifest_missing") == nullptr);
  const ToolRun run = verify();
  CHECK(run.status == 1);
  const std::string text = finding(run, "manifest_missing")["text"];
  CHECK_MESSAGE(has(text, "those behind number 3 are not in the store"), text);
  std::filesystem::remove_all(backup.folder / "_manifest");
  CHECK(verify().status == 1);
  CHECK(finding(verify(), "manifest_missing")["verdict"] == "wrong");
}

TEST_CASE("verify --sweep names what is spare, removes it with --yes, and nothing while something is wrong") {
  Backup backup;
  const BlockLine lost = backup.writer.block("eu", {1, 2}, 8);
  Manifest voiding;
  voiding.voided = {{backup.writer.write(manifest_of({lost})), 0, 0}};
  backup.writer.write(voiding);
  backup.writer.store(lost);
  ToolRun run = backup.run({"verify", "--sweep"});
  CHECK(run.status == 0);
  CHECK(has(run.out, "would remove " + lost.name + "\n--sweep --yes removes them\n"));
  CHECK(std::filesystem::exists(backup.file(lost)));

  const std::string kept = read_file(backup.file(backup.lines[0]));
  std::filesystem::remove(backup.file(backup.lines[0]));
  run = backup.run({"verify", "--sweep", "--yes"});
  CHECK(run.status == 1);
  CHECK(has(run.out, "nothing is removed while something is wrong or could not be told"));
  CHECK(std::filesystem::exists(backup.file(lost)));

  write_file(backup.file(backup.lines[0]), kept);
  run = backup.run({"verify", "--sweep", "--yes"});
  CHECK(run.status == 0);
  CHECK(has(run.out, "removed " + lost.name));
  CHECK_FALSE(std::filesystem::exists(backup.file(lost)));
  CHECK(backup.run({"verify"}).status == 0);
  CHECK(has(backup.run({"verify", "--yes"}).err, "--yes belongs to --sweep"));
}

TEST_CASE("verify leaves what it found as metrics, which remember when all was good") {
  Backup backup;
  const std::string file = backup.folder / "verify.prom";
  const auto value_of = [&](const std::string &metric) {
    const std::string text = "\n" + read_file(file);
    const std::size_t line = text.find("\n" + metric + " ");
    return line == text.npos
               ? "none"
               : text.substr(line + metric.size() + 2, text.find('\n', line + 1) - line - metric.size() - 2);
  };
  const std::string labels = "{stream=\"ORDERS\"}";
  CHECK(backup.run({"verify", "--stream", "ORDERS", "--metrics-file", file}).status == 0);
  CHECK(value_of("jetcapture_verify_status" + labels) == "0");
  CHECK(value_of("jetcapture_verify_messages" + labels) == "1001");
  CHECK(value_of("jetcapture_verify_blocks" + labels) == "5");
  CHECK(value_of("jetcapture_verify_hash_checked_blocks" + labels) == "5");
  CHECK(value_of("jetcapture_verify_first_sequence" + labels) == "1");
  CHECK(value_of("jetcapture_verify_last_sequence" + labels) == "1014");
  CHECK(value_of("jetcapture_verify_findings{stream=\"ORDERS\",kind=\"pending\",verdict=\"note\"}") == "1");
  const std::string good = value_of("jetcapture_verify_last_good_time_seconds" + labels);
  CHECK(good == value_of("jetcapture_verify_time_seconds" + labels));
  CHECK(std::stoll(good) > 1'700'000'000);
  Program promtool({"sh", "-c", "promtool check metrics < " + file}, backup.folder / "promtool");
  CHECK(promtool.wait(30s) == 0);
  CHECK(promtool.output() == "");

  std::filesystem::remove(backup.file(backup.lines[0]));
  CHECK(backup.run({"verify", "--stream", "ORDERS", "--metrics-file", file}).status == 1);
  CHECK(value_of("jetcapture_verify_status" + labels) == "1");
  CHECK(value_of("jetcapture_verify_findings{stream=\"ORDERS\",kind=\"object_missing\",verdict=\"wrong\"}") == "1");
  CHECK(value_of("jetcapture_verify_last_good_time_seconds" + labels) == good);
  CHECK_FALSE(std::filesystem::exists(file + ".new"));

  const ToolRun refused = backup.run({"verify", "--metrics-file", "/nonexistent/verify.prom"});
  CHECK(refused.status == 2);
  CHECK(has(refused.err, "--metrics-file /nonexistent/verify.prom can't be written: No such file or directory"));
}

TEST_CASE("ledger compact writes indexes once, and the commands tell the same with them") {
  Backup backup;
  for (std::uint64_t i = 2000; i < 2600; i++)
    backup.writer.write_and_store({backup.writer.block("late", {i})});
  const std::string before = backup.run({"ls"}).out;
  const ToolRun run = backup.run({"ledger", "compact"});
  CHECK(run.err == "");
  CHECK(run.status == 0);
  CHECK(has(run.out, "1 index of 1,204 manifests written"));
  CHECK(has(run.out, "; 1 manifest is in no index\n"));
  const std::string index = backup.folder / "_manifest/ORDERS/backup/3f9a/index/000000000001-000000001204.index.zst";
  CHECK(std::filesystem::exists(index));
  CHECK(backup.run({"ls"}).out == before);
  CHECK(has(backup.run({"find", "--sequence", "2300"}).out, "done  late/"));
  const nlohmann::json again = backup.run({"ledger", "compact", "--json"}).json();
  CHECK(again["indexes_written"] == 0);
  CHECK(again["manifests_in_no_index"] == 1);
  const ToolRun good = backup.run({"verify"});
  CHECK(good.status == 0);
  CHECK(has(good.out, "1 index of manifests\n"));

  write_file(index, read_file(index).substr(1));
  const ToolRun damaged = backup.run({"ls"});
  CHECK(damaged.out == before);
  CHECK(damaged.status == 1);
  CHECK(has(
      damaged.err,
      "is damaged: it is cut off, or has bytes that are no manifest: remove it, and run jetcapture ledger compact"));
  CHECK(backup.run({"verify"}).status == 1);
  std::filesystem::remove(index);
  CHECK(backup.run({"ledger", "compact"}).status == 0);
  CHECK(backup.run({"verify"}).status == 0);
  CHECK(has(backup.run({"ledger", "sweep"}).err, "jetcapture ledger has one command: jetcapture ledger compact"));
  const ToolRun nowhere = run_tool({"ledger", "compact", "--store", "file", "--store-opt", "root=/nonexistent/backup"});
  CHECK(nowhere.status == 3);
  CHECK_FALSE(std::filesystem::exists("/nonexistent"));
}

TEST_CASE("the commands that read a backup have a help with an example, and refuse what is no setting of theirs") {
  for (const char *command : {"ls", "find", "verify", "purge", "retire", "ledger"}) {
    CAPTURE(command);
    const ToolRun help = run_tool({command, "--help"});
    CHECK(help.status == 0);
    CHECK(has(help.out, std::string("Usage: jetcapture ") + command));
    CHECK(has(help.out, "Example"));
    CHECK(run_tool({command, "--sequence", "1"}).status == 2);
    CHECK(run_tool({command, "--writer", "csv"}).status == 2);
  }
  const Backup backup;
  CHECK(has(backup.run({"find"}).err, "find needs to know what"));
  CHECK(has(backup.run({"find", "--sequence", "0"}).err, "is not a number from 1 on"));
  CHECK(has(backup.run({"ls", "--from", "yesterday"}).err, "--from yesterday is no time"));
  CHECK(has(backup.run({"verify", "backup"}).err, "\"backup\" is an unexpected argument"));
  CHECK(has(run_tool({"verify"}).err, "--store is missing"));
  CHECK(has(backup.run({"retire", "--before", "1h"}).err, "retire needs the stream and the consumer"));
  CHECK(has(backup.run({"retire", "--before", "soon"}).err, "--before soon is no time"));
  CHECK(has(backup.run({"verify", "--sweep", "--adopt"}).err, "--sweep and --adopt are two steps"));
  CHECK(has(backup.run({"purge"}).err, "purge needs the stream and the consumer"));
  CHECK(has(backup.run({"purge", "--keep", "soon"}).err, "--keep soon is not a duration"));
  CHECK(has(backup.run({"purge", "--up-to", "0"}).err, "--up-to 0 is not a number from 1 on"));
  const ToolRun nowhere = run_tool({"verify", "--store", "file", "--store-opt", "root=/nonexistent/backup"});
  CHECK(nowhere.status == 3);
  CHECK(has(nowhere.out, "has no manifests"));
}
