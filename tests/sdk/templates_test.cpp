// The templates of examples/plugins as a new author meets them: from the installed SDK, without the source of
// jetcapture.
#include "capture/host.hpp"
#include "support/installed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sstream>

using namespace jetcapture::test;

namespace {

namespace fs = std::filesystem;

// Runs it in a folder; what it prints is shown when it fails.
void shell(const fs::path &folder, const std::string &command) {
  const fs::path log = folder / "shell.log";
  const int status = std::system(("cd '" + folder.string() + "' && { " + command + "; } >shell.log 2>&1").c_str());
  REQUIRE_MESSAGE(status == 0, command, ": ", read_file(log));
}

// jetcapture installed into a folder of its own, and a capture with it.
struct Installed {
  Installed() : client(server.url()), host(server.url()) {
    shell(host.folder().path(), "cmake --install '" BUILD_FOLDER "' --prefix '" + prefix().string() + "'");
    host.binary = prefix() / "bin/jetcapture";
    host.environment["JETCAPTURE_PLUGIN_PATH"] = "";
    client.make_stream("S", {"s.>"});
  }
  fs::path prefix() const { return host.folder().path() / "installed"; }
  // A copy of a template, as an author begins.
  fs::path copy_of(const std::string &name) const {
    const fs::path mine = host.folder().path() / name;
    fs::copy(prefix() / "share/doc/jetcapture-sdk/examples/plugins" / name, mine, fs::copy_options::recursive);
    return mine;
  }
  // Runs all commands of the template's README in a copy of it, and gives the copy.
  fs::path built_by_readme(const std::string &name) const {
    const fs::path mine = copy_of(name);
    const std::string readme = read_file(mine / "README.md");
    const std::size_t begin = readme.find("```sh\n") + 6;
    const std::string commands = readme.substr(begin, readme.find("\n```", begin) - begin);
    REQUIRE(commands.find("\njetcapture --plugin-dir ") != std::string::npos);
    shell(mine, "set -e; export PATH='" + (prefix() / "bin").string() + "':$PATH CMAKE_PREFIX_PATH='" +
                    prefix().string() + "' PKG_CONFIG_PATH='" + (prefix() / "share/pkgconfig").string() +
                    "' CFLAGS='" STRICT "' CXXFLAGS='" STRICT "'\n" + commands);
    return mine;
  }
  // The folder of a plug-in that CMake builds.
  std::string built(const std::string &name) const { return built_by_readme(name) / "build"; }
  void publish(const std::vector<std::string> &lines) {
    client.publish(lines.size(), [&](std::size_t i) { return Message{"s.a", lines[i - 1]}; });
  }
  int run(std::vector<std::string> more, const std::vector<std::string> &stages) {
    more.insert(more.begin(), {"--create-consumer", "--once"});
    return host.run(std::move(more), stages);
  }
  // sample: a message that its decoder, if it has one, decodes.
  void passes_checks(const std::string &plugin, const std::string &sample, const std::string &more = "") const {
    write_file(host.folder() / "sample", sample);
    shell(host.folder().path(),
          "'" + host.binary + "' check-plugin '" + plugin + "' --cycles 100 --sample sample " + more);
    CHECK(read_file(host.folder() / "shell.log").find(" warned  file-") == std::string::npos);
  }
  std::string content(const std::string &file) const { return read_file(fs::path(host.root()) / file); }

  Server server;
  Client client;
  Host host;
};

const std::vector<std::string> fixed_lines = {"eu00000042.50", "us00000001.25", "eu000000xx.50"};

void has_fixed_lines(const Installed &installed) {
  const auto files = installed.host.files();
  REQUIRE(files.size() == 3);
  CHECK(files[0].starts_with("_quarantine/"));
  CHECK(installed.content(files[0]).find("the amount is not a number with two decimals") != std::string::npos);
  CHECK(files[1].starts_with("eu/"));
  CHECK(installed.content(files[1]) == "region,amount\neu,42.5\n");
}

// Whether a program of that name is there. Where not, the test is skipped, or fails in CI, where tests/run.sh has
// installed it.
bool there_is(const std::string &program) {
  if (std::system(("command -v " + program + " >/dev/null").c_str()) == 0)
    return true;
  std::printf("skipped: it needs %s (package %s)\n", program.c_str(), program == "go" ? "golang-go" : program.c_str());
  CHECK_FALSE(in_ci());
  return false;
}

// The decoders that make a record of each line: a hundred thousand messages of two lines and a comment, and a bad one.
void captures_lines(Installed &installed, const fs::path &folder, const std::string &decoder) {
  constexpr std::size_t messages = 100'000;
  installed.client.publish(messages, [](std::size_t i) {
    const std::string number = std::to_string(i);
    return Message{"s.a", "first of " + number + "\n# a comment\n" + "last of " + number};
  });
  installed.publish({"caf\xC3"});
  REQUIRE(installed.run({"--plugin-dir", folder}, {decoder, "csv", "file"}) == 0);
  CHECK(installed.host.lines_with("the data is not UTF-8").size() == 1);
  std::size_t lines = 0;
  for (const std::string &file : installed.host.files()) {
    if (file.starts_with("_quarantine/"))
      continue;
    const std::string text = installed.content(file);
    CHECK(text.starts_with("number,line\n1,first of "));
    CHECK(text.find("comment") == std::string::npos);
    lines += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) - 1;
  }
  CHECK(lines == 2 * messages);
  CHECK(installed.client.consumer("S", "C")["num_ack_pending"] == 0);
}

} // namespace

TEST_CASE("the template of a decoder in Rust builds by its README, passes check-plugin and captures 100,000 messages") {
  if (!there_is("cargo"))
    return;
  Installed installed;
  const fs::path folder = installed.built_by_readme("rust_lines") / "target/release";
  installed.passes_checks(folder / "librust_lines.so", "a line");
  captures_lines(installed, folder, "rust_lines");
}

TEST_CASE("the structs of the template in Rust are laid out as the headers say") {
  if (!there_is("cargo"))
    return;
  Installed installed;
  const fs::path mine = installed.copy_of("rust_lines");
  shell(mine, "cargo test -- --nocapture");
  // "layout size STRUCT BYTES" and "layout offset STRUCT FIELD BYTES", as assertions of C.
  std::istringstream printed(read_file(mine / "shell.log"));
  std::string c = "#include <jetcapture/plugin.h>\n";
  std::size_t facts = 0;
  for (std::string line; std::getline(printed, line);) {
    const std::size_t at = line.find("layout ");
    std::istringstream words(at == std::string::npos ? "" : line.substr(at));
    std::string word, what, name, field, bytes;
    words >> word >> what >> name;
    if (what == "size" && words >> bytes)
      c += "_Static_assert(sizeof(" + name + ") == " + bytes + ", \"" + name + "\");\n";
    else if (what == "offset" && words >> field >> bytes)
      c += "_Static_assert(offsetof(" + name + ", " + field + ") == " + bytes + ", \"" + name + "." + field + "\");\n";
    else
      continue;
    facts++;
  }
  CHECK(facts > 90);
  write_file(mine / "layout.c", c);
  shell(mine, "cc -c -o layout.o layout.c -I'" + (installed.prefix() / "include").string() + "'");
}

TEST_CASE("the template of a decoder in Go builds by its README, passes check-plugin and captures 100,000 messages") {
  if (!there_is("go"))
    return;
  Installed installed;
  const fs::path folder = installed.built_by_readme("go_lines") / "build";
  installed.passes_checks(folder / "go_lines.so", "a line");
  // Its runtime starts threads when it is loaded: a warning, no failure.
  CHECK(read_file(installed.host.folder() / "shell.log").find("as the runtime of Go does it") != std::string::npos);
  captures_lines(installed, folder, "go_lines");
}

TEST_CASE("the template of a decoder in C builds against the installed SDK and runs in a capture") {
  Installed installed;
  installed.publish(fixed_lines);
  REQUIRE(installed.run({"--plugin-dir", installed.built("fixed_width")}, {"fixed_width", "csv", "file"}) == 0);
  has_fixed_lines(installed);
}

TEST_CASE("one line with pkg-config builds a decoder in C, and it runs in a capture") {
  Installed installed;
  installed.publish(fixed_lines);
  const fs::path mine = installed.copy_of("fixed_width");
  const std::string line =
      "cc -O2 -shared -fPIC fixed_width.c $(pkg-config --cflags --libs jetcapture-sdk) -o fixed_width.so";
  REQUIRE(read_file(mine / "README.md").find(line) != std::string::npos);
  shell(mine, "export PKG_CONFIG_PATH='" + (installed.prefix() / "share/pkgconfig").string() + "'; " + line);
  REQUIRE(installed.run({"--plugin-dir", mine}, {"fixed_width", "csv", "file"}) == 0);
  has_fixed_lines(installed);
}

TEST_CASE("one line with pkg-config builds a decoder in C++ that passes check-plugin") {
  Installed installed;
  const fs::path mine = installed.copy_of("pizza");
  const std::string line =
      "c++ -std=c++17 -O2 -shared -fPIC pizza.cpp $(pkg-config --cflags --libs jetcapture-sdk) -o pizza.so";
  REQUIRE(read_file(SOURCE_FOLDER "/sdk/README.md").find(line) != std::string::npos);
  shell(mine, "export PKG_CONFIG_PATH='" + (installed.prefix() / "share/pkgconfig").string() + "'; " + line);
  installed.passes_checks(mine / "pizza.so", "margherita;2;21.80");
}

TEST_CASE("each template passes check-plugin") {
  Installed installed;
  installed.passes_checks(installed.built("fixed_width") + "/fixed_width.so", fixed_lines.front());
  installed.passes_checks(installed.built("pizza") + "/pizza.so", "margherita;2;21.80");
  installed.passes_checks(installed.built("position") + "/position.so", "bus 7;52.52;13.405");
  installed.passes_checks(installed.built("pipe") + "/pipe.so", "text",
                          "--opt command=dd,of=/dev/null,status=none --accept-unprovable");
  installed.passes_checks(installed.built("frames") + "/frames.so", "text");
}

TEST_CASE("what the guide tells to do with a first decoder works: plugins, try, check-plugin") {
  Installed installed;
  const fs::path mine = installed.copy_of("fixed_width");
  std::string commands;
  const std::string guide = read_file(SOURCE_FOLDER "/sdk/README.md");
  for (const char *begin :
       {"cc -O2 -shared", "jetcapture plugins --plugin-dir", "printf 'eu", "jetcapture check-plugin"}) {
    const std::size_t at = guide.find(std::string("\n") + begin) + 1;
    REQUIRE(at != 0);
    commands += guide.substr(at, guide.find('\n', at) - at) + "\n";
  }
  commands.pop_back();
  shell(mine, "set -e; export PKG_CONFIG_PATH='" + (installed.prefix() / "share/pkgconfig").string() + "' PATH='" +
                  (installed.prefix() / "bin").string() + "':\"$PATH\"\n" + commands);
  const std::string said = read_file(mine / "shell.log");
  CHECK(said.find("width=INTEGER") != std::string::npos);
  CHECK(said.find("key eu: record region=\"eu\", amount=42.5") != std::string::npos);
  CHECK(said.find("region,amount\nus,1.25\n") != std::string::npos);
  CHECK(said.find(" 0 failed") != std::string::npos);
}

TEST_CASE("each link of the installed guide leads to a file") {
  Installed installed;
  const fs::path folder = installed.prefix() / "share/doc/jetcapture-sdk";
  std::size_t links = 0;
  for (const char *page : {"README.md", "CHANGELOG.md"}) {
    const std::string text = read_file(folder / page);
    for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at + 1), links++) {
      const std::string link = text.substr(at + 2, text.find(')', at) - at - 2);
      CAPTURE(link);
      CHECK(fs::exists(folder / link));
    }
  }
  CHECK(links > 8);
}

TEST_CASE("the guide's first capture runs, and gives the files that it names") {
  Installed installed;
  const fs::path mine = installed.copy_of("fixed_width");
  installed.client.make_stream("LINES", {"lines.>"});
  const std::vector<std::string> lines = {"eu00000042.50", "us00000001.25", "no line"};
  installed.client.publish(3, [&](std::size_t i) { return Message{"lines.a", lines[i - 1]}; });
  shell(mine, "cc -O2 -shared -fPIC fixed_width.c -I'" + (installed.prefix() / "include").string() +
                  "' -fvisibility=hidden -o fixed_width.so");
  const std::string guide = read_file(SOURCE_FOLDER "/sdk/README.md");
  const std::size_t begin = guide.find("jetcapture --server nats://127.0.0.1:4222 --stream LINES");
  REQUIRE(begin != std::string::npos);
  std::string command = guide.substr(begin, guide.find("```", begin) - begin - 1);
  command.replace(command.find("nats://127.0.0.1:4222"), 21, installed.server.url());
  shell(mine, "export PATH='" + (installed.prefix() / "bin").string() + "':\"$PATH\"; " + command);
  const auto files = blocks_below(mine / "backup");
  REQUIRE(files.size() == 3);
  CHECK(files[0].starts_with("_quarantine/"));
  CHECK(files[1].starts_with("eu/"));
  CHECK(files[2].starts_with("us/"));
}

TEST_CASE("the template of a decoder in C++ builds against the installed SDK and runs in a capture") {
  Installed installed;
  installed.publish({"margherita;2;21.80", "diavola;0;0", "marinara;x;1"});
  REQUIRE(installed.run({"--plugin-dir", installed.built("pizza")}, {"pizza", "csv", "file"}) == 0);
  const auto files = installed.host.files();
  REQUIRE(files.size() == 2);
  CHECK(installed.content(files[1]) == "kind,count,price\nmargherita,2,21.8\n");
  CHECK(installed.host.lines_with("filtered=1").size() == 1);
  CHECK(installed.host.lines_with("the count is not a number").size() == 1);
}

TEST_CASE("the template of a decoder and a writer joins them by a payload of their own, and no others") {
  Installed installed;
  installed.publish({"bus 7;52.52;13.405", "bus 8;91;0", "bus \"9\";-1.5;0"});
  const std::string folder = installed.built("position");
  CHECK(installed.run({"--plugin-dir", folder}, {"position", "csv", "file"}) == 2);
  CHECK(installed.host.lines_with("com.example.position/1").size() == 1);
  REQUIRE(installed.run({"--plugin-dir", folder}, {"position", "geojson", "file"}) == 0);
  const auto files = installed.host.files();
  REQUIRE(files.size() == 3);
  std::vector<nlohmann::json> features;
  for (const std::string &file : files)
    if (file.ends_with(".geojsonl"))
      features.push_back(nlohmann::json::parse(installed.content(file)));
  REQUIRE(features.size() == 2);
  CHECK(features[1]["geometry"]["coordinates"] == nlohmann::json({13.405, 52.52}));
  CHECK(features[0]["properties"]["vehicle"] == "bus \"9\"");
}

TEST_CASE("the template of a writer and its reader: what the one has captured is printed by way of the other") {
  Installed installed;
  installed.publish({"one", "two"});
  const std::string folder = installed.built("frames");
  REQUIRE(installed.run({"--plugin-dir", folder}, {"message", "frames", "file"}) == 0);
  shell(installed.host.folder().path(), "'" + installed.host.binary + "' cat --plugin-dir '" + folder +
                                            "' --stream S --store file --store-opt root='" + installed.host.root() +
                                            "'");
  const std::string printed = read_file(installed.host.folder() / "shell.log");
  CHECK(printed.find(R"("data":"one")") < printed.find(R"("data":"two")"));
  CHECK(printed.find(R"("data":"two")") != std::string::npos);
}

TEST_CASE(
    "the template of a store hands blocks to a command, again where it fails, and acks what the command has kept") {
  Installed installed;
  installed.publish(std::vector<std::string>(200, "text"));
  const std::string folder = installed.built("pipe");
  const fs::path kept = installed.host.folder().path() / "kept";
  const fs::path keep = installed.host.folder().path() / "keep";
  // Fails the first time, without having read.
  write_file(
      keep,
      "#!/bin/sh\nset -e\n[ -e \"$1.tried\" ] || { mkdir -p \"$(dirname \"$1\")\"; touch \"$1.tried\"; exit 1; }\n"
      "cat >\"$1.new\"\nmv \"$1.new\" \"$1\"\nrm \"$1.tried\"\n");
  fs::permissions(keep, fs::perms::owner_all);
  const std::vector<std::string> stages = {"message", "ndjson", "pipe"};
  CHECK(installed.run({"--plugin-dir", folder}, stages) == 2);
  CHECK(installed.host.lines_with("needs the option \"command\"").size() + installed.host.lines_with("command").size() >
        0);
  REQUIRE(installed.run({"--plugin-dir", folder, "--retry-min", "50ms", "--store-opt",
                         "command=" + keep.string() + "," + kept.string() + "/{name}"},
                        stages) == 0);
  CHECK_FALSE(installed.host.lines_with("ended with exit status 1").empty());
  const auto files = files_below(kept);
  REQUIRE(files.size() == 1);
  const std::string text = read_file(kept / files[0]);
  CHECK(std::count(text.begin(), text.end(), '\n') == 200);
  CHECK(installed.client.consumer("S", "C")["num_ack_pending"] == 0);
}

TEST_CASE("a template that is installed is found by the installed host without a flag") {
  Installed installed;
  installed.publish({"margherita;2;21.80"});
  installed.built("pizza");
  shell(installed.host.folder().path() / "pizza",
        "cmake --install build --prefix '" + installed.prefix().string() + "'");
  REQUIRE(installed.run({}, {"pizza", "csv", "file"}) == 0);
  CHECK(installed.host.files().size() == 1);
}

TEST_CASE("what is installed works from another place too") {
  Installed installed;
  installed.publish({"margherita;2;21.80"});
  const fs::path moved = installed.host.folder().path() / "moved";
  fs::rename(installed.prefix(), moved);
  fs::create_directory_symlink(moved, installed.prefix());
  installed.host.binary = moved / "bin/jetcapture";
  REQUIRE(installed.run({"--plugin-dir", installed.built("pizza")}, {"pizza", "ndjson", "file"}) == 0);
  CHECK(installed.host.files().size() == 1);
}
