#include "support/folder.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <stdlib.h>
#include <zlib.h>

namespace jetcapture::test {

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "jetcapture-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

FoldersInMemory::FoldersInMemory() : before_(std::filesystem::temp_directory_path()) {
  if (std::filesystem::exists("/dev/shm"))
    ::setenv("TMPDIR", "/dev/shm", 1);
}

FoldersInMemory::~FoldersInMemory() {
  ::setenv("TMPDIR", before_.c_str(), 1);
}

std::string read_file(const std::filesystem::path &file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const std::filesystem::path &file, const std::string &text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

std::vector<std::string> files_below(const std::filesystem::path &folder) {
  std::vector<std::string> files;
  if (std::filesystem::exists(folder))
    for (const auto &entry : std::filesystem::recursive_directory_iterator(folder))
      if (entry.is_regular_file())
        files.push_back(entry.path().lexically_relative(folder).string());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> blocks_below(const std::filesystem::path &folder) {
  std::vector<std::string> files = files_below(folder);
  std::erase_if(files, [](const std::string &file) { return file.starts_with("_manifest/"); });
  return files;
}

std::string gunzip(const std::string &packed) {
  std::string text;
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK)
    throw std::runtime_error("zlib");
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string buffer(1 << 16, '\0');
  while (stream.avail_in > 0) {
    stream.next_out = reinterpret_cast<Bytef *>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) {
      inflateEnd(&stream);
      throw std::runtime_error("not gzip");
    }
    text.append(buffer, 0, buffer.size() - stream.avail_out);
    if (status == Z_STREAM_END)
      inflateReset(&stream);
  }
  inflateEnd(&stream);
  return text;
}

} // namespace jetcapture::test
