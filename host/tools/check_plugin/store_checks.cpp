#include "tools/check_plugin/check.hpp"
#include "tools/check_plugin/check_object.hpp"
#include "tools/check_plugin/instance.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <optional>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace jetcapture::host {
namespace {

using Place = CheckObject::Place;

constexpr std::size_t medium = 300'000;
constexpr std::uint32_t most_at_once = 8;
constexpr std::int64_t time_after_cancel = 10'000'000'000;

// The same bytes for the same seed.
std::string some_bytes(std::size_t size, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
  return bytes;
}

class CheckedStore {
public:
  explicit CheckedStore(const Subject &subject)
      : description(description_of_store(subject)), instance_(subject, "", host) {}

  Answer put(const CheckObject &object) {
    Result result = {{sizeof(jetcapture_result), 0, [](jetcapture_result *, jetcapture_text) {}}};
    return CheckHost::ask([&] { return description.put(instance_.self(), object.c_object(), &result.result); });
  }
  // nullopt: the store has no stat(), or it failed.
  std::optional<jetcapture_object_status> stat(const std::string &name) {
    if (description.stat == nullptr)
      return std::nullopt;
    jetcapture_object_status status{};
    status.size = sizeof status;
    const Answer answer = CheckHost::ask([&] {
      return description.stat(instance_.self(), {name.data(), name.size()}, &status);
    });
    return answer.ok() ? std::optional(status) : std::nullopt;
  }
  bool exists(const std::string &name) {
    const auto status = stat(name);
    return status && status->exists != 0;
  }
  // nullopt: the store has no get(), or it failed.
  std::optional<std::string> get(const std::string &name) {
    if (description.get == nullptr)
      return std::nullopt;
    std::string content;
    return ask_for_range(name, 0, UINT64_MAX, content).ok() ? std::optional(content) : std::nullopt;
  }
  Answer ask_for_range(const std::string &name, std::uint64_t offset, std::uint64_t count, std::string &content) {
    Visitor visitor = {{sizeof(jetcapture_visitor), 0, &Visitor::bytes, &Visitor::name}, {}, {}};
    Answer answer = CheckHost::ask([&] {
      return description.get(instance_.self(), {name.data(), name.size()}, offset, count, &visitor.visitor);
    });
    content = std::move(visitor.content);
    return answer;
  }
  // nullopt: the store has no list(), or it failed.
  std::optional<std::vector<std::string>> list(const std::string &prefix = "", const std::string &after = "",
                                               std::uint64_t limit = 0) {
    if (description.list == nullptr)
      return std::nullopt;
    Visitor visitor = {{sizeof(jetcapture_visitor), 0, &Visitor::bytes, &Visitor::name}, {}, {}};
    const Answer answer = CheckHost::ask([&] {
      return description.list(instance_.self(), {prefix.data(), prefix.size()}, {after.data(), after.size()}, limit,
                              &visitor.visitor);
    });
    return answer.ok() ? std::optional(visitor.names) : std::nullopt;
  }
  // As many puts at the same time as the instance takes; 0: any number.
  std::uint32_t max_puts() { return description.max_puts == nullptr ? 0 : description.max_puts(instance_.self()); }
  Answer remove(const std::string &name) {
    return CheckHost::ask([&] { return description.remove(instance_.self(), {name.data(), name.size()}); });
  }

  // What the store can tell of the object agrees with it.
  void require_whole(const CheckObject &object, const std::string &when) {
    if (const auto status = stat(object.name())) {
      require(status->exists != 0, when + " stat() does not know " + object.name());
      require(status->bytes == object.content().size(), when + " stat() says " + std::to_string(status->bytes) +
                                                            " bytes of " + object.name() + ", and it has " +
                                                            std::to_string(object.content().size()));
      require(status->hash_source <= JETCAPTURE_HASH_VERIFIED, when + " stat() gives an unknown hash_source");
      require(
          status->hash_source == JETCAPTURE_HASH_NONE ||
              std::equal(std::begin(status->sha256), std::end(status->sha256), std::begin(object.c_object()->sha256)),
          when + " stat() says another SHA-256 than the object's");
    }
    if (const auto content = get(object.name()))
      require(*content == object.content(), when + " get() gives other bytes than were put");
    if (const auto names = list())
      require(std::count(names->begin(), names->end(), object.name()) == 1,
              when + " list() names " + object.name() + " " +
                  std::to_string(std::count(names->begin(), names->end(), object.name())) + " times");
  }
  Answer put_whole(const CheckObject &object, const std::string &when) {
    const Answer answer = put(object);
    require(answer.ok(), when + " put() of " + object.name() + " failed: " + answer.words());
    require_whole(object, when);
    return answer;
  }

  CheckHost host;
  jetcapture_store description;

private:
  struct Result {
    jetcapture_result result;
  };
  struct Visitor {
    jetcapture_visitor visitor; // first: a pointer to it is a pointer to this
    std::string content;
    std::vector<std::string> names;

    static Visitor &of(const jetcapture_visitor *visitor) {
      return *const_cast<Visitor *>(reinterpret_cast<const Visitor *>(visitor));
    }
    static jetcapture_status bytes(const jetcapture_visitor *visitor, jetcapture_text bytes) {
      of(visitor).content.append(bytes.data == nullptr ? "" : bytes.data, static_cast<std::size_t>(bytes.size));
      return JETCAPTURE_OK;
    }
    static jetcapture_status name(const jetcapture_visitor *visitor, jetcapture_text name, std::uint64_t) {
      of(visitor).names.emplace_back(name.data, static_cast<std::size_t>(name.size));
      return JETCAPTURE_OK;
    }
  };
  Instance instance_;
};

void puts(const Subject &subject) {
  CheckedStore store(subject);
  for (const Place place : {Place::file, Place::memory})
    for (const std::size_t size : {std::size_t{1}, medium}) {
      const CheckObject object("eu/" + std::string(place == Place::file ? "file" : "memory") + "-" +
                                   std::to_string(size) + ".bin",
                               some_bytes(size), place, subject.folder);
      store.put_whole(object, "after a put");
    }
}

void tells_what_it_has(const Subject &subject) {
  const jetcapture_store description = description_of_store(subject);
  if (description.stat != nullptr || description.get != nullptr)
    return;
  const std::string sentence = "it has neither get() nor stat(), so it is not provable that it keeps what is put";
  if (subject.accepts_unprovable)
    warn(sentence);
  fail(sentence + "; give it one of them, or run this with --accept-unprovable");
}

void puts_nothing(const Subject &subject) {
  CheckedStore store(subject);
  store.put_whole(CheckObject("eu/nothing.bin", "", Place::file, subject.folder), "after a put of no bytes");
}

void puts_twice(const Subject &subject) {
  CheckedStore store(subject);
  const CheckObject object("eu/twice.bin", some_bytes(medium), Place::file, subject.folder);
  store.put_whole(object, "after the first put");
  store.put_whole(object, "after a second put of the same");
  store.put_whole(CheckObject("eu/twice.bin", some_bytes(1000, 2), Place::memory, subject.folder),
                  "after a put of the same name with other bytes");
}

void puts_at_once(const Subject &subject) {
  CheckedStore store(subject);
  const std::uint32_t declared = store.max_puts();
  const std::uint32_t at_once = declared == 0 ? most_at_once : std::min(declared, most_at_once);
  std::vector<std::unique_ptr<CheckObject>> objects;
  for (std::uint32_t i = 0; i < at_once * 4; i++)
    objects.push_back(std::make_unique<CheckObject>("at/once/" + std::to_string(i) + ".bin", some_bytes(10'000 + i, i),
                                                    i % 2 == 0 ? Place::file : Place::memory, subject.folder));
  std::vector<Answer> answers(objects.size());
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 0; t < at_once; t++)
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < objects.size(); i += at_once)
          answers[i] = store.put(*objects[i]);
      });
  }
  for (std::size_t i = 0; i < objects.size(); i++) {
    require(answers[i].ok(), "of " + std::to_string(at_once) + " puts at once one failed: " + answers[i].words());
    store.require_whole(*objects[i], "after " + std::to_string(at_once) + " puts at once");
  }
}

void takes_any_name(const Subject &subject) {
  CheckedStore store(subject);
  const std::array<std::string, 10> names = {"a b/c d.csv",
                                             "100%25/50%.csv",
                                             "a+b/c&d=e?f#g.csv",
                                             "caf\xC3\xA9/\xF0\x9F\x8D\x95.csv",
                                             "%2E%2E/%2F.csv",
                                             "k=v/dt=2026-11-24/x.csv.gz",
                                             "quote'\"/comma,semicolon;.csv",
                                             "~tilde/(paren)*star!.csv",
                                             std::string(200, 'n') + "/" + std::string(200, 'm') + ".csv",
                                             "a/b/c/d/e/f/g/h/i/j/k/l/m/n.csv"};
  std::vector<std::unique_ptr<CheckObject>> objects;
  for (std::size_t i = 0; i < names.size(); i++) {
    objects.push_back(std::make_unique<CheckObject>(names[i], some_bytes(100 + i, i), Place::memory, subject.folder));
    store.put_whole(*objects.back(), "after a put");
  }
  for (const auto &object : objects)
    store.require_whole(*object, "after puts of other names");
}

void leaves_source_alone(const Subject &subject) {
  CheckedStore store(subject);
  const CheckObject object("eu/source.bin", some_bytes(medium), Place::file, subject.folder);
  if (!store.put(object).ok())
    skip("it can't put");
  require(object.file_offset() == 0, "put() moves the place in the file that it is given; read it with pread()");
}

void refuses_short(const Subject &subject) {
  CheckedStore store(subject);
  for (const Place place : {Place::file, Place::memory}) {
    CheckObject object(place == Place::file ? "eu/short-file.bin" : "eu/short-memory.bin", some_bytes(1000), place,
                       subject.folder);
    object.pretend(2000);
    const Answer answer = store.put(object);
    require(!answer.ok(), "put() returned ok for an object of which only half could be read");
    require(!store.exists(object.name()), "an object of which only half could be read is in the store all the same");
  }
}

void refuses_unreadable(const Subject &subject) {
  CheckedStore store(subject);
  CheckObject object("eu/unreadable.bin", some_bytes(medium), Place::memory, subject.folder);
  object.on_read = [](std::uint64_t offset) { return offset < 1000; };
  const Answer answer = store.put(object);
  // A first read may have taken all of it.
  CheckObject never("eu/never.bin", some_bytes(medium), Place::memory, subject.folder);
  never.on_read = [](std::uint64_t) { return false; };
  const Answer second = store.put(never);
  require(!second.ok(), "put() returned ok for an object that can't be read");
  require(!store.exists(never.name()), "an object that can't be read is in the store all the same");
  require(second.status == JETCAPTURE_RETRY,
          "an object that can't be read is JETCAPTURE_RETRY, and put() returned " + second.words());
  require(answer.ok() || !store.exists(object.name()), "put() failed, and the object is there all the same");
}

void gives_reasons(const Subject &subject) {
  CheckedStore store(subject);
  CheckObject never("eu/never.bin", some_bytes(10), Place::memory, subject.folder);
  never.on_read = [](std::uint64_t) { return false; };
  const Answer answer = store.put(never);
  require(answer.is_known(), "put() returned " + answer.words());
  require(answer.ok() || !answer.sentence.empty(), "put() failed with " + answer.words() + " and gave no sentence");
}

void looks_at_hash(const Subject &subject) {
  CheckedStore store(subject);
  CheckObject object("eu/hash.bin", some_bytes(medium), Place::file, subject.folder);
  object.spoil_hash();
  const Answer answer = store.put(object);
  if (answer.ok())
    warn("put() takes an object whose bytes have another SHA-256 than it says: what a disk or a network spoils is not "
         "noticed");
}

void ends_when_told(const Subject &subject) {
  {
    CheckedStore store(subject);
    store.host.cancel();
    const std::int64_t begin = monotonic_now();
    const Answer answer = store.put(CheckObject("eu/cancelled.bin", some_bytes(medium), Place::file, subject.folder));
    require(monotonic_now() - begin < time_after_cancel, "put() goes on for long after the host has cancelled");
    require(answer.ok() || answer.status == JETCAPTURE_RETRY,
            "cancelled, put() returned " + answer.words() + "; that is JETCAPTURE_RETRY");
  }
  CheckedStore store(subject);
  CheckObject late("eu/late.bin", some_bytes(medium), Place::file, subject.folder);
  late.set_deadline(monotonic_now() - 1);
  const std::int64_t begin = monotonic_now();
  const Answer answer = store.put(late);
  require(monotonic_now() - begin < time_after_cancel, "put() goes on for long after its deadline");
  require(answer.ok() || answer.status == JETCAPTURE_RETRY,
          "past its deadline, put() returned " + answer.words() + "; that is JETCAPTURE_RETRY");
}

void survives_a_kill(const Subject &subject) {
  const std::string name = "eu/killed.bin";
  const std::string content = some_bytes(8u << 20);
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      CheckedStore store(subject);
      CheckObject object(name, content, Place::memory, subject.folder);
      object.on_read = [](std::uint64_t offset) {
        if (offset > 0)
          ::raise(SIGKILL);
        return true;
      };
      store.put(object);
    } catch (const Finding &) {
      // The parent tells it.
    }
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);

  CheckedStore store(subject);
  if (const auto after = store.stat(name); after && after->exists != 0)
    require(after->bytes == content.size(), "after a kill in the middle of a put, half of the object is there");
  const CheckObject object(name, content, Place::memory, subject.folder);
  store.put_whole(object, "after a kill in the middle of a put, and a second put,");
}

void creates_only_once(const Subject &subject) {
  CheckedStore store(subject);
  if ((store.description.flags & JETCAPTURE_STORE_CREATES) == 0)
    skip("it does not offer JETCAPTURE_STORE_CREATES");
  const auto created = [&](const char *name, std::uint64_t seed) {
    auto object = std::make_unique<CheckObject>(name, some_bytes(1000 + seed, seed), Place::memory, subject.folder);
    object->create_only();
    return object;
  };
  const auto first = created("eu/created.bin", 1);
  store.put_whole(*first, "after a create-only put of a new name");
  const Answer second = store.put(*created("eu/created.bin", 2));
  require(second.status == JETCAPTURE_EXISTS,
          "a create-only put of a name that is there returned " + second.words() + "; that is JETCAPTURE_EXISTS");
  store.require_whole(*first, "after a create-only put of a name that was there");

  const std::uint32_t declared = store.max_puts();
  const std::uint32_t at_once = declared == 0 ? most_at_once : std::min(declared, most_at_once);
  std::vector<Answer> answers(at_once);
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 0; t < at_once; t++)
      threads.emplace_back([&, t] { answers[t] = store.put(*created("eu/raced.bin", t)); });
  }
  std::uint32_t stored = 0;
  for (const Answer &answer : answers) {
    require(answer.ok() || answer.status == JETCAPTURE_EXISTS || answer.status == JETCAPTURE_RETRY,
            "of several create-only puts of one name at once, one returned " + answer.words());
    stored += answer.ok() ? 1 : 0;
  }
  require(stored == 1, "of " + std::to_string(at_once) + " create-only puts of one name at once, " +
                           std::to_string(stored) + " returned ok; it has to be one");
}

void gives_ranges(const Subject &subject) {
  CheckedStore store(subject);
  if (store.description.get == nullptr)
    skip("it has no get()");
  const CheckObject object("eu/range.bin", some_bytes(medium), Place::memory, subject.folder);
  if (!store.put(object).ok())
    skip("it can't put");
  struct Range {
    std::uint64_t offset, count;
  };
  for (const auto &[offset, count] :
       {Range{0, 1}, Range{0, medium}, Range{1, medium}, Range{medium - 1, 1}, Range{medium - 1, UINT64_MAX},
        Range{medium / 2, 1000}, Range{medium, 1}, Range{medium + 1, UINT64_MAX}, Range{5, 0}}) {
    std::string content;
    const Answer answer = store.ask_for_range(object.name(), offset, count, content);
    const std::string range = "get() from " + std::to_string(offset) + " of " + std::to_string(count) + " bytes";
    require(answer.ok(), range + " returned " + answer.words());
    require(content == object.content().substr(std::min<std::uint64_t>(offset, medium), count),
            range + " gives other bytes than are there");
  }
  std::string content;
  const Answer missing = store.ask_for_range("no/such/object.bin", 0, UINT64_MAX, content);
  require(missing.status == JETCAPTURE_NOT_FOUND,
          "get() of what is not there returned " + missing.words() + "; that is JETCAPTURE_NOT_FOUND");
}

void lists_in_order(const Subject &subject) {
  CheckedStore store(subject);
  if (store.description.list == nullptr)
    skip("it has no list()");
  std::vector<std::string> names;
  for (const char *name : {"order/a", "order/a-b/c", "order/b/c", "order/b0", "order/b-c", "order/z", "order2"}) {
    names.emplace_back(name);
    if (!store.put(CheckObject(name, some_bytes(10), Place::memory, subject.folder)).ok())
      skip("it can't put");
  }
  std::sort(names.begin(), names.end());
  const auto all = store.list("order");
  require(all.has_value(), "list() failed");
  require(*all == names, "list() gives other names than are there, or not in the order of their bytes");
  std::vector<std::string> paged;
  for (std::string after;;) {
    const auto page = store.list("order", after, 3);
    require(page.has_value() && page->size() <= 3, "list() of three names at most failed, or gave more");
    paged.insert(paged.end(), page->begin(), page->end());
    if (page->empty() || paged.size() > names.size())
      break;
    after = page->back();
  }
  require(paged == names,
          "pages of list(), each after the last name of the one before, are not what one listing gives");
  require(store.list("order", "order/a-b", 0) == std::vector<std::string>(names.begin() + 1, names.end()),
          "list() after a name that is not there does not begin with the next one");
}

void removes(const Subject &subject) {
  CheckedStore store(subject);
  if (store.description.remove == nullptr)
    skip("it has no remove()");
  const CheckObject object("eu/removed.bin", some_bytes(100), Place::memory, subject.folder);
  if (!store.put(object).ok())
    skip("it can't put");
  for (const char *when : {"a first", "a second"}) {
    const Answer answer = store.remove(object.name());
    require(answer.ok(), std::string(when) + " remove() failed: " + answer.words());
  }
  require(!store.exists(object.name()), "after remove() the object is still there");
}

void knows_what_is_not_there(const Subject &subject) {
  CheckedStore store(subject);
  if (store.description.stat == nullptr)
    skip("it has no stat()");
  const auto status = store.stat("no/such/object.bin");
  require(status.has_value(), "stat() fails for an object that is not there; it is ok, with exists 0");
  require(status->exists == 0, "stat() says that an object is there which is not");
}

constexpr std::array<Check, 18> checks = {
    {{"store-put", "what is put is there, whole", "create-works", puts},
     {"store-provable", "get() or stat() proves what it keeps", "description", tells_what_it_has},
     {"store-empty", "an object without bytes is there", "store-put", puts_nothing},
     {"store-twice", "a second put of a name replaces the first", "store-put", puts_twice},
     {"store-at-once", "as many puts at once as it declares", "store-put", puts_at_once},
     {"store-names", "names with blanks, signs and Unicode stay apart", "store-put", takes_any_name},
     {"store-source", "it leaves the file that it reads as it is", "store-put", leaves_source_alone},
     {"store-short", "an object that is shorter than it says is refused", "store-put", refuses_short},
     {"store-unreadable", "an object that can't be read is refused", "store-put", refuses_unreadable},
     {"store-sentence", "it says why it can't put", "store-put", gives_reasons},
     {"store-hash", "an object with another SHA-256 is refused", "store-put", looks_at_hash},
     {"store-cancelled", "it ends when it is told to, and at its deadline", "store-put", ends_when_told},
     {"store-killed", "a kill in the middle of a put leaves nothing half", "store-put", survives_a_kill},
     {"store-create", "of create-only puts of a name, one is ok", "store-put", creates_only_once},
     {"store-range", "it gives parts of an object", "store-put", gives_ranges},
     {"store-list", "it lists in order, and in pages", "store-put", lists_in_order},
     {"store-remove", "what is removed is gone", "store-put", removes},
     {"store-stat", "it knows what is not there", "store-put", knows_what_is_not_there}}};

} // namespace

std::span<const Check> store_checks() {
  return checks;
}

} // namespace jetcapture::host
