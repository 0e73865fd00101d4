#include "nats/nkey.hpp"
#include "settings/error.hpp"
#include "support/folder.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using jetcapture::test::Folder;
using jetcapture::test::write_file;

TEST_CASE("the public key of a seed is the one that the nats documentation shows beside it") {
  // Source: docs.nats.io, "NKeys", the example of `nk -gen user -pubout`.
  Folder folder;
  write_file(folder / "seed",
             "-----BEGIN USER NKEY SEED-----\nSUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY\n"
             "------END USER NKEY SEED------\n");
  CHECK(public_key_of_seed_file(folder / "seed") == "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
}

TEST_CASE("a seed file that holds no valid seed is refused, without showing it") {
  Folder folder;
  for (const char *text : {"", "hello", "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VA", "SU", "SU!!!"}) {
    write_file(folder / "seed", text);
    try {
      public_key_of_seed_file(folder / "seed");
      FAIL("taken: ", text);
    } catch (const StartupError &error) {
      CHECK(std::string(error.what()).find("SUACSS") == std::string::npos);
    }
  }
  CHECK_THROWS_AS(public_key_of_seed_file(folder / "nowhere"), StartupError);
}
