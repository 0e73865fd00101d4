// The main function of all tests.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

int main(int argument_count, char **arguments) {
  // A store without credentials asks the machine for some, and a test shall not get those of the machine that it runs
  // on: nobody listens there.
  for (const char *name : {"AWS_EC2_METADATA_SERVICE_ENDPOINT", "AZURE_POD_IDENTITY_AUTHORITY_HOST"})
    ::setenv(name, "http://127.0.0.1:9", 1);
  return doctest::Context(argument_count, arguments).run();
}
