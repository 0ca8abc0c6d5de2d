#include <weir/actors/error.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/sec.hpp>

#include <stdexcept>

using namespace weir;

namespace {

template <class T>
caf::error thrown(T what) {
  try {
    throw what;
  } catch (...) {
    return make_error(std::current_exception());
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(an_error_is_a_code_and_a_sentence) {
  const auto e = make_error(ec::overloaded, "all 8 slots are taken");
  BOOST_TEST(is(e, ec::overloaded));
  BOOST_TEST(!is(e, ec::closed));
  BOOST_TEST(text_of(e) == "all 8 slots are taken");
  BOOST_TEST(describe(e) == "overloaded: all 8 slots are taken");
}

BOOST_AUTO_TEST_CASE(what_was_thrown_keeps_its_text_and_itself) {
  const auto e = thrown(std::runtime_error{"disk full"});
  BOOST_TEST(is(e, ec::exception));
  BOOST_TEST(text_of(e) == "disk full");
  BOOST_CHECK_THROW(std::rethrow_exception(exception_of(e)), std::runtime_error);
  BOOST_TEST(text_of(thrown(std::string{"text"})) == "text");
  BOOST_TEST(text_of(thrown<const char*>("chars")) == "chars");
  BOOST_TEST(text_of(thrown<const char*>(nullptr)) == "null");
  BOOST_TEST(text_of(thrown(7)) == "an exception that is not a std::exception");
}

BOOST_AUTO_TEST_CASE(no_error_is_none_of_them) {
  BOOST_TEST(!is(caf::error{}, ec::failed));
  BOOST_TEST(text_of(caf::error{}) == "no error");
  BOOST_TEST((exception_of(caf::error{}) == nullptr));
}

BOOST_AUTO_TEST_CASE(errors_of_others_are_rendered_and_never_mistaken_for_ours) {
  const caf::error e{caf::sec::invalid_argument};
  for (auto code = 1; code <= static_cast<int>(ec::sink_closed); ++code)
    BOOST_TEST(!is(e, static_cast<ec>(code)));
  BOOST_TEST(text_of(e).find("invalid_argument") != std::string::npos);
  BOOST_TEST((exception_of(e) == nullptr));
}

BOOST_AUTO_TEST_CASE(every_code_has_a_name_of_its_own) {
  std::vector<std::string_view> names;
  for (auto code = 1; code <= static_cast<int>(ec::sink_closed); ++code) {
    const auto name = name_of(static_cast<ec>(code));
    BOOST_TEST(name != "unknown");
    BOOST_TEST((std::find(names.begin(), names.end(), name) == names.end()));
    names.push_back(name);
  }
  BOOST_TEST(name_of(static_cast<ec>(200)) == "unknown");
}

BOOST_AUTO_TEST_SUITE_END()
