#include <weir/runtime/nodes/codec.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/meta/type_name.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "message_support.hpp"

using weir::nodes::codec;
using weir::test::encoded;

namespace {

struct order {
  std::uint32_t number = 0;
  std::string of;
  std::vector<char> image;
  std::map<std::string, double> prices;

  bool operator==(const order&) const = default;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, order& o) {
  return f(caf::meta::type_name("order"), o.number, o.of, o.image, o.prices);
}

template <class T>
bool comes_through(const T& value) {
  const auto read = codec<T>::decode(encoded(value));
  return read && *read == value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(codecs)

BOOST_AUTO_TEST_CASE(values_come_through_as_they_are) {
  BOOST_TEST(comes_through(std::uint64_t{42}));
  BOOST_TEST(comes_through(-1.5));
  BOOST_TEST(comes_through(true));
  BOOST_TEST(comes_through(std::string("text\0with", 9)));
  BOOST_TEST(comes_through(std::vector<std::string>{"a", "", "c"}));
  BOOST_TEST(comes_through(order{7, "me", {'\0', 'x'}, {{"a", 0.5}}}));
  BOOST_TEST(static_cast<bool>(codec<caf::unit_t>::decode(encoded(caf::unit))));
}

BOOST_AUTO_TEST_CASE(what_is_cut_short_or_too_long_is_refused) {
  const auto text = encoded(order{7, "me", {'x', 'y'}, {{"a", 0.5}}});
  for (std::size_t n = 0; n < text.size(); ++n)
    BOOST_TEST(!codec<order>::decode(text.substr(0, n)));
  BOOST_TEST(!codec<order>::decode(text + "x"));
  BOOST_TEST(!codec<caf::unit_t>::decode("x"));
}

BOOST_AUTO_TEST_CASE(a_length_that_is_not_there_takes_no_memory) {
  // Four gigabytes of bytes, and as many bits, of which none comes.
  const std::string length{"\xff\xff\xff\xff\x0f"};
  BOOST_TEST(!codec<std::vector<char>>::decode(length));
  BOOST_TEST(!codec<std::vector<bool>>::decode(length));
  BOOST_TEST(!codec<std::vector<std::uint64_t>>::decode(length));
  BOOST_TEST(!codec<std::u16string>::decode(length));
}

BOOST_AUTO_TEST_SUITE_END()
