#include "audit/line_states.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

namespace {

Manifest manifest(std::uint64_t number, std::size_t lines) {
  Manifest made;
  made.number = number;
  made.lines.resize(lines);
  return made;
}

} // namespace

TEST_CASE("what is declared of a line decides, and where nothing is, its object does") {
  for (const ObjectState object :
       {ObjectState::unknown, ObjectState::missing, ObjectState::unproven, ObjectState::same, ObjectState::differs}) {
    CHECK(state_of(Declared::done, object) == LineState::done);
    CHECK(state_of(Declared::voided, object) == LineState::voided);
  }
  CHECK(state_of(Declared::nothing, ObjectState::same) == LineState::done);
  CHECK(state_of(Declared::nothing, ObjectState::unproven) == LineState::done);
  CHECK(state_of(Declared::nothing, ObjectState::missing) == LineState::pending);
  CHECK(state_of(Declared::nothing, ObjectState::differs) == LineState::pending);
  CHECK(state_of(Declared::nothing, ObjectState::unknown) == LineState::unknown);
}

TEST_CASE("a hash proves an object only where the service took it from the bytes") {
  BlockLine line;
  line.bytes = 3;
  line.sha256[0] = 7;
  jetcapture_object_status status{};
  CHECK(compare(line, status) == ObjectState::missing);
  status.exists = 1;
  status.bytes = 4;
  CHECK(compare(line, status) == ObjectState::differs);
  status.bytes = 3;
  CHECK(compare(line, status) == ObjectState::unproven);
  status.hash_source = JETCAPTURE_HASH_CLAIMED;
  CHECK(compare(line, status) == ObjectState::differs);
  status.sha256[0] = 7;
  CHECK(compare(line, status) == ObjectState::unproven);
  status.hash_source = JETCAPTURE_HASH_VERIFIED;
  CHECK(compare(line, status) == ObjectState::same);
}

TEST_CASE("declarations are met before the lines that they are about, and void is final") {
  Declarations declarations;
  Manifest last = manifest(9, 0);
  last.done = {{7, 0, 1}, {8, 0, 0}};
  last.voided = {{7, 2, 2}};
  CHECK(declarations.take(last).empty());
  Manifest middle = manifest(8, 2);
  middle.voided = {{7, 1, 1}};
  CHECK(declarations.take(middle) == std::vector<Declared>{Declared::done, Declared::nothing});
  CHECK_FALSE(declarations.contradicts());
  CHECK(declarations.take(manifest(7, 4)) ==
        std::vector<Declared>{Declared::done, Declared::voided, Declared::voided, Declared::nothing});
  CHECK(declarations.contradicts());
}

TEST_CASE("a declaration of lines that there are not, or of a later manifest, contradicts") {
  Declarations declarations;
  Manifest later = manifest(9, 0);
  later.done = {{10, 0, 0}};
  declarations.take(later);
  CHECK(declarations.contradicts());
  Manifest too_many = manifest(8, 0);
  too_many.done = {{7, 0, 4'000'000'000}};
  declarations.take(too_many);
  CHECK_FALSE(declarations.contradicts());
  declarations.take(manifest(7, 2));
  CHECK(declarations.contradicts());
}
