#include <weir/runtime/link/link_table.hpp>

#include <boost/test/unit_test.hpp>

using namespace weir::link;

namespace {

const identity first{"a", "engine 1", 10};
const identity restarted{"a", "engine 2", 20};
const identity other{"b", "engine 3", 10};

std::string clash(const link_table& t, const identity& who, role ours = role::acceptor) {
  return t.clash_of(who, ours).value_or("");
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(table_of_links)

BOOST_AUTO_TEST_CASE(a_process_that_comes_again_takes_the_place_of_its_link) {
  link_table t{4};
  BOOST_TEST(!t.predecessor_of(first));
  t.add(1, first, role::acceptor);
  BOOST_TEST(clash(t, first) == "");
  BOOST_TEST((t.predecessor_of(first) == std::optional<std::uint64_t>{1}));
}

BOOST_AUTO_TEST_CASE(a_later_process_of_a_name_takes_the_place_of_an_earlier_one_and_not_the_reverse) {
  link_table t{4};
  t.add(1, first, role::acceptor);
  BOOST_TEST(clash(t, restarted) == "");
  BOOST_TEST((t.predecessor_of(restarted) == std::optional<std::uint64_t>{1}));
  t.remove(1);
  t.add(2, restarted, role::acceptor);
  BOOST_TEST(says(clash(t, first), "a later process"));
}

BOOST_AUTO_TEST_CASE(two_processes_of_one_name_that_began_at_once_are_not_both_there) {
  link_table t{4};
  t.add(1, first, role::acceptor);
  BOOST_TEST(says(clash(t, {"a", "engine 9", 10}), "another process is 'a' already"));
}

BOOST_AUTO_TEST_CASE(two_names_do_not_have_one_engine) {
  link_table t{4};
  t.add(1, first, role::acceptor);
  for (const auto ours : {role::acceptor, role::dialer})
    BOOST_TEST(says(clash(t, {"b", "engine 1", 10}, ours), "the same id as that of 'a'"));
  BOOST_TEST(clash(t, other) == "");
}

BOOST_AUTO_TEST_CASE(a_process_that_is_dialed_by_two_addresses_has_one_link) {
  link_table t{4};
  t.add(1, first, role::dialer);
  BOOST_TEST(says(clash(t, first, role::dialer), "there is a link to it already"));
}

BOOST_AUTO_TEST_CASE(of_two_that_dial_each_other_the_link_that_came_first_stays) {
  link_table t{4};
  t.add(1, first, role::dialer);
  BOOST_TEST(says(clash(t, first, role::acceptor), "there is a link to it already"));
  link_table u{4};
  u.add(1, first, role::acceptor);
  BOOST_TEST(says(clash(u, first, role::dialer), "there is a link to it already"));
}

BOOST_AUTO_TEST_CASE(no_more_come_than_may_but_those_that_come_again) {
  link_table t{2};
  t.add(1, first, role::acceptor);
  t.add(2, other, role::acceptor);
  const identity third{"c", "engine 4", 1};
  BOOST_TEST(says(clash(t, third), "there are 2 links"));
  BOOST_TEST(clash(t, first) == "");
  BOOST_TEST(clash(t, third, role::dialer) == "");
  t.remove(2);
  BOOST_TEST(clash(t, third) == "");
}

BOOST_AUTO_TEST_SUITE_END()
