#include "nats/connection.hpp"
#include "settings/error.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace jetcapture::host;
using jetcapture::test::Folder;
using jetcapture::test::write_file;

namespace {

struct Contexts {
  Folder folder;
  Contexts() {
    ::setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1);
    ::setenv("HOME", "/home/somebody", 1);
  }
  void add(const std::string &name, const std::string &json) {
    write_file(folder.path() / "nats/context" / (name + ".json"), json);
  }
  static std::string refusal(const std::string &name) {
    try {
      ConnectionSettings settings;
      settings.context = name;
      with_context(settings);
      return "";
    } catch (const StartupError &error) {
      return error.what();
    }
  }
};

} // namespace

TEST_CASE("a context of the nats tool fills in the connection") {
  Contexts contexts;
  contexts.add("prod",
               R"({"description":"x","url":"nats://a:4222,nats://b:4222","user":"u","password":"p","ca":"~/ca.pem",
                           "jetstream_domain":"hub","inbox_prefix":"_IN","nsc":"","token":""})");
  ConnectionSettings settings;
  settings.context = "prod";
  settings = with_context(settings);
  CHECK(settings.servers == std::vector<std::string>{"nats://a:4222", "nats://b:4222"});
  CHECK(settings.user == "u");
  CHECK(settings.password == "p");
  CHECK(settings.tls_ca == "/home/somebody/ca.pem");
  CHECK(settings.js_domain == "hub");
  CHECK(settings.inbox_prefix == "_IN");
}

TEST_CASE("flags win over the context, and one kind of credentials replaces the context's") {
  Contexts contexts;
  contexts.add("prod", R"({"url":"nats://a:4222","user":"u","password":"p"})");
  ConnectionSettings settings;
  settings.context = "prod";
  settings.servers = {"nats://mine:4222"};
  settings.creds_file = "/my.creds";
  settings = with_context(settings);
  CHECK(settings.servers == std::vector<std::string>{"nats://mine:4222"});
  CHECK(settings.creds_file == "/my.creds");
  CHECK(settings.user.empty());
}

TEST_CASE("a context by its path needs no folder of contexts") {
  Contexts contexts;
  contexts.add("prod", R"({"url":"nats://a:4222"})");
  ConnectionSettings settings;
  settings.context = (contexts.folder.path() / "nats/context/prod.json").string();
  CHECK(with_context(settings).servers.size() == 1);
}

TEST_CASE("a context that can't be used is refused with a sentence") {
  Contexts contexts;
  contexts.add("production", "{}");
  contexts.add("broken", "{");
  contexts.add("nsc", R"({"nsc":"nsc://operator/account/user"})");
  contexts.add("socks", R"({"socks_proxy":"127.0.0.1:1"})");
  CHECK(Contexts::refusal("productoin").find("did you mean production?") != std::string::npos);
  CHECK(Contexts::refusal("nothing-like-it").find("nats context ls") != std::string::npos);
  CHECK(Contexts::refusal("broken").find("not a JSON object") != std::string::npos);
  CHECK(Contexts::refusal("nsc").find("nsc generate creds") != std::string::npos);
  CHECK(Contexts::refusal("socks").find("socks_proxy") != std::string::npos);
}
