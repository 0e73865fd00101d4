// A Parquet file as DuckDB reads it, and pyarrow.
#pragma once

#include "plugins/writers/support/payloads.hpp"
#include "plugins/writers/support/writer.hpp"
#include "support/folder.hpp"
#include "support/readers.hpp"

#include <cstdio>
#include <filesystem>
#include <string>

// Leaves the test where the reader or the writer is not there.
#define PARQUET_OR_SKIP()                                                                            \
  if (jetcapture::test::skipped_without("duckdb") || jetcapture::test::skipped_without("pyarrow") || \
      jetcapture::test::parquet_is_missing())                                                        \
  return

namespace jetcapture::test {

inline bool parquet_is_missing() {
  if (std::filesystem::exists(std::string(JETCAPTURE_PLUGINS) + "/parquet.so"))
    return false;
  std::printf("skipped: it needs the writer parquet, which was not built\n");
  return true;
}

class ParquetFile {
public:
  explicit ParquetFile(const std::string &bytes) { write_file(path(), bytes); }

  // "name TYPE, name TYPE"
  std::string types() const {
    return by_duckdb(
        "', '.join(n + ' ' + t for n, t, *_ in duckdb.sql(f\"describe select * from '{path}'\").fetchall())",
        "print(result)");
  }
  // The tuples of Python, one a line.
  std::string rows(const std::string &columns, const std::string &where = "true") const {
    return by_duckdb("duckdb.sql(f\"select " + columns + " from '{path}' where " + where + "\").fetchall()",
                     "print(*result, sep='\\n')");
  }
  std::string metadata(const std::string &columns, const std::string &where = "true") const {
    return by_duckdb("duckdb.sql(f\"select " + columns + " from parquet_metadata('{path}') where " + where +
                         "\").fetchall()",
                     "print(*result, sep='\\n')");
  }
  // What the expression gives; it has table and metadata.
  std::string by_pyarrow(const std::string &expression) const {
    return printed_by_python("import sys, pyarrow.parquet as pq\n"
                             "table = pq.read_table(sys.argv[1])\n"
                             "metadata = pq.read_metadata(sys.argv[1])\n"
                             "print(" +
                                 expression + ")\n",
                             path());
  }

private:
  std::string path() const { return folder_ / "file.parquet"; }
  // types() ends without a line break.
  std::string by_duckdb(const std::string &expression, const std::string &print) const {
    std::string printed = printed_by_python(
        "import sys, duckdb\npath = sys.argv[1]\nresult = " + expression + "\n" + print + "\n", path());
    if (print == "print(result)")
      printed.pop_back();
    return printed;
  }
  Folder folder_;
};

} // namespace jetcapture::test
