#include "host/settings/reading.hpp"
#include "host/settings/temporary_folder.hpp"

using namespace jetcapture::host;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

TEST_CASE("flags take their value after a blank or after '='") {
  const Settings settings = read(complete({"--max-age", "90s", "--max-bytes=10MB", "--max-messages=1000", "--once",
                                           "--compression=gzip", "--compression-level", "9", "--log-level", "debug",
                                           "--log-format=json", "--on-decode-error", "term", "-s", "a:1", "--tls"}))
                                .settings;
  CHECK(settings.stream == "ORDERS");
  CHECK(settings.consumer == "capture");
  CHECK(settings.decoder.name == "json");
  CHECK(settings.writer.name == "csv");
  CHECK(settings.store.name == "file");
  CHECK(settings.max_age == 90s);
  CHECK(settings.max_bytes == 10'000'000);
  CHECK(settings.max_messages == 1000);
  CHECK(settings.once);
  CHECK_FALSE(settings.check);
  CHECK(settings.compression == Compression::gzip);
  CHECK(settings.compression_level == 9);
  CHECK(settings.log_level == Level::debug);
  CHECK(settings.log_format == LogFormat::json);
  CHECK(settings.on_decode_error == OnDecodeError::term);
  CHECK(settings.connection.tls);
  CHECK(settings.connection.servers == Texts{"nats://a:1"});
}

TEST_CASE("what is not given keeps its default") {
  const Settings settings = read(complete()).settings;
  const Settings defaults;
  CHECK(settings.connection.servers.empty());
  CHECK(settings.max_age == defaults.max_age);
  CHECK(settings.compression == Compression::none);
  CHECK(settings.compression_level == -1);
  CHECK(settings.path_template == "{key}/%Y/%m/%d/%H/%M");
  CHECK(settings.window_messages == defaults.window_messages);
}

TEST_CASE("servers repeat or are separated by commas, and get the scheme nats") {
  const Settings settings =
      read(complete({"--server", "a:4222, tls://b", "--server", "nats://user:secret@c:4222"})).settings;
  CHECK(settings.connection.servers == Texts{"nats://a:4222", "tls://b", "nats://user:secret@c:4222"});
}

TEST_CASE("filter subjects and stage options repeat") {
  const Settings settings = read(complete({"--filter-subject", "orders.eu.*,orders.us.*", "--filter-subject",
                                           "refunds.>", "--decoder-opt", "key=region", "--decoder-opt=fields=a,b",
                                           "--writer-opt", "delimiter=;", "--store-opt", "root=/a=b"}))
                                .settings;
  CHECK(settings.filter_subjects == Texts{"orders.eu.*", "orders.us.*", "refunds.>"});
  CHECK(settings.decoder.options == Texts{"key=region", "fields=a,b"});
  CHECK(settings.writer.options == Texts{"delimiter=;"});
  CHECK(settings.store.options == Texts{"root=/a=b"});
}

TEST_CASE("a switch is on by itself, and =false takes it back") {
  CHECK(read(complete({"--create-consumer"})).settings.create_consumer);
  CHECK_FALSE(read(complete({"--create-consumer=false"})).settings.create_consumer);
  CHECK_FALSE(read(complete({"--once=no"}), {"JETCAPTURE_ONCE=true"}).settings.once);
  CHECK(refusal(complete({"--once=maybe"})) == "--once: \"maybe\" is neither true nor false");
  CHECK(refusal(complete({"--once", "false"})) ==
        "\"false\" is an unexpected argument; a value follows its flag, as in --stream ORDERS");
}

TEST_CASE("an unknown flag is refused with the nearest one, and its value is not shown") {
  CHECK(refusal({"--maxage=5m"}) == "--maxage is not a flag; did you mean --max-age?");
  CHECK(refusal({"--strem", "ORDERS"}) == "--strem is not a flag; did you mean --stream?");
  CHECK(refusal({"--tls-ca", "x"}) == "--tls-ca is not a flag; did you mean --tlsca?");
  CHECK(refusal({"--bananas=s3cret"}) == "--bananas is not a flag; jetcapture --help lists them");
  CHECK(refusal({"-x"}) == "-x is not a flag; jetcapture --help lists them");
}

TEST_CASE("a flag is never guessed from its beginning") {
  CHECK(refusal(complete({"--filter", "a"})) == "--filter is not a flag; did you mean --filter-subject?");
}

TEST_CASE("a flag without its value is refused") {
  CHECK(refusal({"--stream"}) == "--stream needs a value: --stream NAME");
  CHECK(refusal({"--stream="}) == "--stream needs a value: --stream NAME");
  CHECK(refusal({"--stream", ""}) == "--stream needs a value: --stream NAME");
  CHECK(refusal({"--stream", "--max-age=5m"}) == "--stream needs a value: --stream NAME");
  CHECK(refusal({"--stream", "--max-age", "5m"}) == "--stream needs a value: --stream NAME");
  CHECK(refusal({"--stream", "--once"}) == "--stream needs a value: --stream NAME");
  CHECK(refusal({"-s"}) == "--server needs a value: --server URL[,URL]");
}

TEST_CASE("a stray argument is refused") {
  CHECK(refusal(complete({"ORDERS"})) ==
        "\"ORDERS\" is an unexpected argument; a value follows its flag, as in --stream ORDERS");
  CHECK(refusal(complete({"--", "--once"})) ==
        "\"--once\" is an unexpected argument; a value follows its flag, as in --stream ORDERS");
  CHECK(refusal(complete({"-"})) == "\"-\" is an unexpected argument; a value follows its flag, as in --stream ORDERS");
  CHECK(refusal(complete({""})) == "\"\" is an unexpected argument; a value follows its flag, as in --stream ORDERS");
}

TEST_CASE("a flag given twice is refused, where it takes one value") {
  CHECK(refusal(complete({"--stream", "B"})) == "--stream is given twice; give it once");
  CHECK(read(complete({"--once", "--once"})).settings.once);
}

TEST_CASE("a value that does not parse is refused with an example of one that does") {
  CHECK(refusal(complete({"--max-age", "15x"})) ==
        "--max-age: \"15x\" is not a duration; write for example 90s, 15m or 1h30m");
  CHECK(refusal(complete({"--max-bytes", "10 apples"})) ==
        "--max-bytes: \"10 apples\" is not a size; write for example 1048576, 64KiB or 10MB");
  CHECK(refusal(complete({"--store-threads", "many"})) == "--store-threads: \"many\" is not a whole number");
  CHECK(refusal(complete({"--compression", "gzp"})) ==
        "--compression: \"gzp\" is not one of its choices; did you mean gzip? It takes none, gzip, zstd or snappy");
  CHECK(refusal(complete({"--log-level", "verbose"})) ==
        "--log-level: \"verbose\" is not one of its choices; write debug, info, warn or error");
  CHECK(refusal(complete({"--on-decode-error", "skip"})) ==
        "--on-decode-error: \"skip\" is not one of its choices; write quarantine, term or stop");
}

TEST_CASE("a value out of range is refused with the limit") {
  CHECK(refusal(complete({"--max-age", "0"})) == "--max-age: \"0\" is too small; the least is 1s");
  CHECK(refusal(complete({"--max-age", "999ms"})) == "--max-age: \"999ms\" is too small; the least is 1s");
  CHECK(read(complete({"--max-age", "1s"})).settings.max_age == 1s);
  CHECK(refusal(complete({"--compression-level", "20"})) == "--compression-level: \"20\" is too large; the most is 19");
  CHECK(refusal(complete({"--compression-level", "-1"})) == "--compression-level: \"-1\" is too small; the least is 0");
  CHECK(refusal(complete({"--store-threads", "0"})) == "--store-threads: \"0\" is too small; the least is 1");
  CHECK(refusal(complete({"--memory-limit", "1KB"})) == "--memory-limit: \"1KB\" is too small; the least is 1MiB");
  CHECK(refusal(complete({"--max-messages", "-5"})) == "--max-messages: \"-5\" is too small; the least is 0");
  CHECK(refusal(complete({"--retry-min", "2m"})) ==
        "--retry-min (2m) is longer than --retry-max (1m); make it the shorter one");
}

TEST_CASE("a server that is no URL is refused without its credentials") {
  CHECK(refusal(complete({"--server", "http://user:s3cret@host"})) ==
        "--server: the URL scheme \"http\" is not supported; write nats://HOST:PORT or tls://HOST:PORT");
  CHECK(refusal(complete({"--server", "nats://user:s3cret@"})) ==
        "--server: the URL has no host; write for example nats://127.0.0.1:4222");
  CHECK(refusal(complete({"--server", ":4222"})) ==
        "--server: the URL has no host; write for example nats://127.0.0.1:4222");
}

TEST_CASE("flags that exclude or need each other are refused together") {
  CHECK(
      refusal(complete({"--js-domain", "hub", "--js-api-prefix", "$JS.hub.API"})) ==
      "--js-domain and --js-api-prefix exclude each other; a domain is the prefix $JS.DOMAIN.API, so give one of them");
  CHECK(refusal(complete({"--js-domain", "hub"}), {"JETCAPTURE_JS_API_PREFIX=x"}) ==
        "--js-domain and JETCAPTURE_JS_API_PREFIX exclude each other; a domain is the prefix $JS.DOMAIN.API, so give "
        "one of them");
  CHECK(refusal(complete({"--tlscert", "cert.pem"})) == "--tlscert and --tlskey belong together; give both");
  CHECK(refusal(complete({"--drain", "drop"})) ==
        "--drain drop needs --delivery ordered: a host with shared delivery returns what it does not store, which is "
        "delivered again to others");
  CHECK(read(complete({"--delivery", "ordered", "--drain", "drop"})).settings.drain == Drain::drop);
}

TEST_CASE("a run needs a stream, a consumer and three stages, each named with an example") {
  CHECK(refusal({}) ==
        "--stream is missing; name the stream to capture, as in --stream ORDERS (jetcapture --help lists all flags)");
  CHECK(refusal({"--stream", "A"}) ==
        "--consumer is missing; name the durable consumer to pull from, as in --consumer capture, "
        "with --create-consumer if it does not exist yet");
  CHECK(refusal({"--stream", "A", "--consumer", "c"}) == "--decoder is missing; name a decoder, as in --decoder json");
  CHECK(refusal({"--stream", "A", "--consumer", "c", "--decoder", "json"}) ==
        "--writer is missing; name a writer, as in --writer csv");
  CHECK(refusal({"--stream", "A", "--consumer", "c", "--decoder", "json", "--writer", "csv"}) ==
        "--store is missing; name a store, as in --store file");
}

TEST_CASE("help and version need nothing else, not even a readable file") {
  CHECK(read({"--help"}).mode == CommandLine::Mode::help);
  CHECK(read({"-h"}, {"JETCAPTURE_CONFIG=/does/not/exist"}).mode == CommandLine::Mode::help);
  CHECK(read({"--version", "--config", "/does/not/exist"}).mode == CommandLine::Mode::version);
  CHECK(read({"--help", "--max-age", "15x"}).mode == CommandLine::Mode::help);
  CHECK(read(complete()).mode == CommandLine::Mode::run);
}

TEST_CASE("a stage with help asks for the help of that stage, found in the folders of all sources") {
  const CommandLine line =
      read({"--decoder", "json", "--help"}, {"JETCAPTURE_PLUGIN_DIR=/a:/b", "JETCAPTURE_WRITER=csv"});
  CHECK(line.mode == CommandLine::Mode::stage_help);
  CHECK(line.settings.decoder.name == "json");
  CHECK(line.settings.writer.name.empty());
  CHECK(line.settings.plugin_folders == Texts{"/a", "/b"});
}

TEST_CASE("a password or token on the command line is refused without being shown") {
  const std::string sentence = "--password is not taken on the command line, where every user could read it; use "
                               "--password-file FILE or JETCAPTURE_PASSWORD";
  CHECK(refusal(complete({"--password", "s3cret"})) == sentence);
  CHECK(refusal(complete({"--password=s3cret"})) == sentence);
  CHECK(refusal({"--password"}) == sentence);
  CHECK(refusal(complete({"--token=s3cret"})).find("s3cret") == std::string::npos);
}

TEST_CASE("secrets come from variables and files, without the last newline") {
  const TemporaryFolder folder;
  const std::string password = folder.file("password", "p w\n"), token = folder.file("token", "t0ken\r\n");
  CHECK(read(complete({"--user", "u", "--password-file", password})).settings.connection.password == "p w");
  CHECK(read(complete({"--token-file", token})).settings.connection.token == "t0ken");
  CHECK(read(complete({"--user", "u"}), {"JETCAPTURE_PASSWORD=a=b"}).settings.connection.password == "a=b");
  CHECK(read(complete({"--user", "u", "--password-file", password}), {"JETCAPTURE_PASSWORD=x"})
            .settings.connection.password == "p w");
}

TEST_CASE("a secret file that is missing or empty is refused, and so are two sources of one secret") {
  const TemporaryFolder folder;
  CHECK(refusal(complete({"--password-file", "/does/not/exist"})) ==
        "--password-file: \"/does/not/exist\" can't be read; check the path and the file's permissions");
  const std::string empty = folder.file("empty", "\n");
  CHECK(refusal(complete({"--token-file", empty})) ==
        "--token-file: \"" + empty + "\" is empty; it should hold the secret");
  const std::string clash = refusal(complete(), {"JETCAPTURE_PASSWORD=s3cret", "JETCAPTURE_PASSWORD_FILE=" + empty});
  CHECK(clash == "JETCAPTURE_PASSWORD_FILE and JETCAPTURE_PASSWORD say the same thing; give one of them");
}

TEST_CASE("a secret file that is a folder is refused") {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  CHECK(refusal(complete({"--password-file", path})) ==
        "--password-file: \"" + path + "\" can't be read; check the path and the file's permissions");
}

TEST_CASE("two kinds of credentials at once are refused, and so is a password without a user") {
  CHECK(refusal(complete({"--creds", "/c", "--nkey", "/n"})) ==
        "--creds and --nkey are two kinds of credentials; give one of them");
  CHECK(refusal(complete({"--user", "u", "--creds", "/c"}), {"JETCAPTURE_TOKEN=t"}) ==
        "--creds and --user are two kinds of credentials; give one of them");
  CHECK(refusal(complete({"--nkey", "/n"}), {"JETCAPTURE_TOKEN=t"}) ==
        "--nkey and JETCAPTURE_TOKEN are two kinds of credentials; give one of them");
  CHECK(refusal(complete({"--creds", "/c", "-s", "nats://u:p@h"})) ==
        "--creds and the user in --server are two kinds of credentials; give one of them");
  CHECK(refusal(complete(), {"JETCAPTURE_PASSWORD=p"}) ==
        "JETCAPTURE_PASSWORD is given without its user; add --user NAME");
  CHECK(refusal(complete({"--user", "u"}), {"JETCAPTURE_PASSWORD=p"}) == "(none)");
  // A context of the nats tool may have the user.
  CHECK(refusal(complete({"--nats-context", "prod"}), {"JETCAPTURE_PASSWORD=p"}) == "(none)");
}
