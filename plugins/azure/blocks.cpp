#include "azure/blocks.hpp"

#include "http/digest.hpp"
#include "http/encoding.hpp"
#include "http/piece_hasher.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace jetcapture::plugins {

namespace {

void put_whole(Container &container, const std::string &key, const Object &object, const BlockSettings &settings,
               const TimeLimit &time_limit) {
  PieceHasher hasher(object, EVP_md5());
  const Md5 md5 = hasher.next<Md5>(0, object.bytes(), time_limit);
  hasher.check_sha256();
  std::vector<Header> headers = blob_headers(object, settings.choices, md5);
  headers.emplace_back("x-ms-blob-type", "BlockBlob");
  headers.emplace_back("content-md5", base64(bytes_of(md5)));
  container.ask({"put " + key, right_to_write, "PUT", key, {}, std::move(headers), Body(object, 0, object.bytes())},
                time_limit);
}

// All of one blob have the same length. With the hash in it, blocks of other content, from another host or another
// block-size, are others.
std::string block_id(std::size_t number, const Md5 &md5) {
  char text[16];
  std::snprintf(text, sizeof text, "%06zu-", number);
  return base64(text + hex(bytes_of(md5)));
}

void put_in_blocks(Container &container, const std::string &key, const Object &object, const BlockSettings &settings,
                   const TimeLimit &time_limit) {
  const std::uint64_t size = std::max(settings.block_size, (object.bytes() + most_blocks - 1) / most_blocks);
  PieceHasher hasher(object, EVP_md5(), EVP_md5());
  std::string list = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  std::size_t number = 0;
  std::uint64_t offset = 0;
  container.ask_many(
      settings.parallel,
      [&]() -> std::optional<Service::Task> {
        if (offset == object.bytes())
          return std::nullopt;
        const std::uint64_t piece = std::min(size, object.bytes() - offset);
        const Md5 md5 = hasher.next<Md5>(offset, piece, time_limit);
        const std::string id = block_id(++number, md5);
        list += "<Latest>" + id + "</Latest>";
        Ask ask{"stage block " + std::to_string(number) + " of " + key,
                right_to_write,
                "PUT",
                key,
                {{"comp", "block"}, {"blockid", id}},
                {{"content-md5", base64(bytes_of(md5))}},
                Body(object, offset, piece)};
        offset += piece;
        return Service::Task{std::move(ask), [](const Answer &) {}};
      },
      time_limit);
  hasher.check_sha256();
  list += "</BlockList>";
  container.ask({"make " + key + " of its blocks",
                 right_to_write,
                 "PUT",
                 key,
                 {{"comp", "blocklist"}},
                 blob_headers(object, settings.choices, hasher.whole<Md5>()),
                 Body(std::move(list))},
                time_limit);
}

} // namespace

void put_blob(Container &container, const std::string &key, const Object &object, const BlockSettings &settings,
              const TimeLimit &time_limit) {
  if (object.bytes() > settings.block_size)
    put_in_blocks(container, key, object, settings, time_limit);
  else
    put_whole(container, key, object, settings, time_limit);
}

} // namespace jetcapture::plugins
