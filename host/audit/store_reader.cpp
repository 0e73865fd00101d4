#include "audit/store_reader.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <thread>

#include <openssl/evp.h>

namespace jetcapture::host {

namespace {

class Hashing {
public:
  Hashing() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), sha256_method(), nullptr) != 1)
      throw std::bad_alloc();
  }

  void add(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
  Sha256 end() {
    Sha256 hash{};
    EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr);
    return hash;
  }

private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX *)> context_;
};

} // namespace

StoreAnswer StoreReader::persist(const std::function<StoreAnswer(bool &)> &attempt) const {
  std::chrono::nanoseconds wait = limits_.first_wait;
  unsigned left = limits_.tries;
  while (true) {
    bool progressed = false;
    StoreAnswer answer = attempt(progressed);
    if (answer.status != JETCAPTURE_RETRY)
      return answer;
    if (progressed) {
      left = limits_.tries;
      wait = limits_.first_wait;
    }
    if (--left == 0)
      return answer;
    std::this_thread::sleep_for(wait);
    wait = std::min(2 * wait, limits_.longest_wait);
  }
}

StoreAnswer StoreReader::list(std::string_view prefix,
                              const std::function<void(std::string_view, std::uint64_t)> &take) const {
  return list_after(prefix, "", [&](std::string_view name, std::uint64_t bytes) {
    take(name, bytes);
    return true;
  });
}

StoreAnswer StoreReader::list_after(std::string_view prefix, std::string after,
                                    const std::function<bool(std::string_view, std::uint64_t)> &take) const {
  return persist([&](bool &progressed) {
    const std::string from = after;
    return list_objects(store_, prefix, from, 0, [&](std::string_view name, std::uint64_t bytes) {
      after = name;
      progressed = true;
      return take(name, bytes);
    });
  });
}

StoreAnswer StoreReader::read(std::string_view name, std::uint64_t most, std::string &bytes) const {
  bytes.clear();
  bool too_many = false;
  StoreAnswer answer = persist([&](bool &progressed) {
    const std::size_t before = bytes.size();
    // An object does not change: what is read already is not read again.
    StoreAnswer part = get_object(store_, name, before, UINT64_MAX, [&](std::string_view more) {
      too_many = bytes.size() + more.size() > most;
      if (!too_many)
        bytes += more;
      return !too_many;
    });
    progressed = bytes.size() > before;
    return part;
  });
  if (answer.ok() && too_many)
    return {JETCAPTURE_BAD_DATA, "it has more than " + std::to_string(most) + " bytes"};
  return answer;
}

StoreAnswer StoreReader::stat(std::string_view name, jetcapture_object_status &status) const {
  return persist([&](bool &) { return stat_object(store_, name, status); });
}

StoreAnswer StoreReader::hash(std::string_view name, std::uint64_t &bytes, Sha256 &sha256,
                              const std::function<bool(std::string_view)> &take) const {
  Hashing hashing;
  bytes = 0;
  const StoreAnswer answer = persist([&](bool &progressed) {
    const std::uint64_t before = bytes;
    StoreAnswer part = get_object(store_, name, before, UINT64_MAX, [&](std::string_view more) {
      hashing.add(more);
      bytes += more.size();
      return take(more);
    });
    progressed = bytes > before;
    return part;
  });
  sha256 = hashing.end();
  return answer;
}

} // namespace jetcapture::host
