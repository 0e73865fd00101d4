#include "ledger/manifest.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

TEST_CASE("a manifest has a name in a folder of ten thousand, and the name tells its number") {
  const ChainName chain = {"ORDERS", "backup", "3f9a"};
  CHECK(name_of(chain, 17) == "_manifest/ORDERS/backup/3f9a/00000000/000000000017.manifest.zst");
  CHECK(name_of(chain, 12'345'678) == "_manifest/ORDERS/backup/3f9a/00001234/000012345678.manifest.zst");
  CHECK(number_in(name_of(chain, 12'345'678)) == 12'345'678);
  CHECK(number_in("_manifest/ORDERS/backup/3f9a/00000000/000000000017-9c1d.manifest.zst") == 17);
  CHECK(number_in("ORDERS/000000000017.csv") == 0);
  CHECK(number_in("_manifest/ORDERS/backup/3f9a/00000000/x.manifest.zst") == 0);
}
