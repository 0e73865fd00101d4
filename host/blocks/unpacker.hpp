// Decompression of an object, the reverse of its codec: pieces that stand behind one another are one text.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace jetcapture::host {

// The bytes are not what the codec makes: one sentence that says "it" for the object.
struct PackedDamage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// For one object; one thread at a time.
class Unpacker {
public:
  using Take = std::function<void(std::string_view bytes)>;

  virtual ~Unpacker() = default;
  // The next bytes of the object, in any pieces; take is given what they stand for, some megabytes at a time at most.
  // Throws PackedDamage.
  virtual void add(std::string_view packed, const Take &take) = 0;
  // All of it was added. Throws PackedDamage: it is cut off.
  virtual void end() = 0;
};

// encoding: as codec_encoding() gives it, or "none". Throws StartupError: it is not known, or this build lacks it.
std::unique_ptr<Unpacker> make_unpacker(std::string_view encoding);

} // namespace jetcapture::host
