// The DuckDB queries of the README, on a backup of which the answers are known.
#include "support/backup.hpp"
#include "support/folder.hpp"
#include "support/readers.hpp"
#include "support/sequences.hpp"
#include "tools/tool.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

// Runs the README's sql blocks one after the other in the folder, and prints the rows of each that has some.
constexpr const char *script = R"(
import duckdb, os, re, sys
readme = open(sys.argv[1]).read()
os.chdir(sys.argv[2])
connection = duckdb.connect()
for block in re.findall(r"```sql\n(.*?)```", readme, re.DOTALL):
    result = connection.sql(block)
    if result is not None:
        print("; ".join(" ".join(str(value) for value in row) for row in result.fetchall()))
)";

} // namespace

TEST_CASE("the queries of the README answer by the manifests, without blocks that were given up") {
  if (skipped_without("duckdb"))
    return;
  const Folder folder;
  BackupChain writer({"ORDERS", "backup", "3f9a"}, into_folder((folder.path() / "backup").string()));
  // The second day begins with interval 32.
  writer.write_and_store({writer.block("eu", from_to(1, 10)), writer.block("us", from_to(11, 15), 40)});
  const std::uint64_t given_up = writer.write(manifest_of({writer.block("eu", from_to(16, 20))}));
  Manifest after = manifest_of({writer.block("eu", from_to(16, 18), 40), writer.block("eu", from_to(31, 40))});
  after.voided = {{given_up, 0, 0}};
  after.filtered = {{19, 25}};
  after.lines[1].bytes = 2 << 20;
  writer.write(after);
  REQUIRE(run_tool({"ledger", "compact", "--store", "file", "--store-opt", "root=" + (folder / "backup")}).status == 0);
  CHECK(printed_by_python(script, SOURCE_FOLDER "/README.md " + folder.path().string()) ==
        "eu 2025-11-24 20 2097224 2; eu 2025-11-25 3 71 1; us 2025-11-25 5 71 1\n"
        "interval 3 214 eu/0000/ORDERS-000000000001-000000000010-3f9a000001.ndjson\n"
        "26 30\n");
}
