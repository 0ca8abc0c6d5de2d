#include <weir/runtime/nodes/codec.hpp>
#include <weir/runtime/nodes/shape.hpp>
#include <weir/runtime/nodes/task_registry.hpp>

#include <boost/test/unit_test.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/optional.hpp>
#include <caf/unit.hpp>
#include <caf/variant.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

using weir::nodes::codec;
using weir::nodes::inspected_shape;
using weir::nodes::shape_of;

namespace {

enum class color : std::uint8_t { red, green };

struct line {
  std::string article;
  double price = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, line& l) {
  return f(caf::meta::type_name("line"), l.article, l.price);
}

struct order {
  std::uint32_t number = 0;
  std::vector<line> lines;
  color of = color::red;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, order& o) {
  return f(caf::meta::type_name("order"), o.number, o.lines, o.of);
}

struct tree {
  std::string name;
  std::vector<tree> below;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, tree& t) {
  return f(caf::meta::type_name("tree"), t.name, t.below);
}

struct point {
  float x, y;
};

struct sealed {};

struct numbered {
  explicit numbered(int n) : number(n) {}
  int number;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, numbered& n) {
  return f(n.number);
}

/// CAF writes both where they are.
struct odd {
  numbered of{1};
  caf::variant<int, std::string> either;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, odd& o) {
  return f(o.of, o.either);
}

struct moody {};

template <class Inspector>
typename Inspector::result_type inspect(Inspector&, moody&) {
  throw std::runtime_error{"not now"};
}

struct stepwise {
  int a = 0;
  bool b = false;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, stepwise& s) {
  if (auto e = f.apply(s.a))
    return e;
  return f(s.b);
}

}  // namespace

template <>
struct weir::nodes::codec<point> : weir::nodes::raw_codec<point> {};

template <>
struct weir::nodes::codec<sealed> {
  static void encode(const sealed&, std::string&) {}
  static caf::expected<sealed> decode(std::string_view) { return sealed{}; }
};

BOOST_AUTO_TEST_SUITE(shapes)

BOOST_AUTO_TEST_CASE(a_shape_says_what_is_written_of_a_type) {
  BOOST_TEST(inspected_shape<bool>() == "bool");
  BOOST_TEST(inspected_shape<int>() == "i32");
  BOOST_TEST(inspected_shape<std::uint64_t>() == "u64");
  BOOST_TEST(inspected_shape<float>() == "f32");
  BOOST_TEST(inspected_shape<double>() == "f64");
  BOOST_TEST(inspected_shape<std::string>() == "text");
  BOOST_TEST(inspected_shape<color>() == "u8");
  BOOST_TEST(inspected_shape<std::chrono::nanoseconds>() == "i64");
  BOOST_TEST(inspected_shape<std::vector<std::string>>() == "[text]");
  BOOST_TEST((inspected_shape<std::array<float, 3>>() == "3 x f32"));
  BOOST_TEST((inspected_shape<std::map<std::string, std::vector<bool>>>() == "[(text, bits)]"));
  BOOST_TEST((inspected_shape<std::tuple<int, caf::optional<std::string>>>() == "(i32, text?)"));
  BOOST_TEST(inspected_shape<caf::unit_t>() == "nothing");
  BOOST_TEST(inspected_shape<line>() == "{text, f64}");
  BOOST_TEST(inspected_shape<order>() == "{u32, [{text, f64}], u8}");
}

BOOST_AUTO_TEST_CASE(types_that_are_written_alike_have_the_same_shape) {
  BOOST_TEST((inspected_shape<std::vector<int>>() == inspected_shape<std::set<int>>()));
  BOOST_TEST(
      (inspected_shape<std::map<int, bool>>() == inspected_shape<std::vector<std::pair<int, bool>>>()));
}

BOOST_AUTO_TEST_CASE(a_type_within_itself_has_an_end) {
  BOOST_TEST(inspected_shape<tree>() == "{text, [^1]}");
}

BOOST_AUTO_TEST_CASE(what_is_written_otherwise_than_it_looks_has_a_shape_of_its_own) {
  using float_seconds = std::chrono::duration<float>;
  BOOST_TEST(inspected_shape<float_seconds>() == "f64");
  BOOST_TEST(inspected_shape<std::deque<bool>>() == "[bool]");
}

BOOST_AUTO_TEST_CASE(whatever_can_cross_has_a_shape) {
  static_assert(!weir::nodes::detail::crosses<std::optional<int>>);
  static_assert(weir::nodes::detail::crosses<caf::variant<int, bool>>);
  BOOST_TEST(inspected_shape<odd>().starts_with("{other, "));
  BOOST_TEST(inspected_shape<moody>() == "other");
  BOOST_TEST(inspected_shape<stepwise>() == "{i32, bool}");
}

BOOST_AUTO_TEST_CASE(a_registry_has_a_task_for_several_types_and_only_names_that_can_be_read) {
  weir::nodes::task_registry all;
  all.add<int>("half", "1", [](int x) { return x / 2; });
  all.add<double>("half", "1", [](double x) { return x / 2; });
  BOOST_TEST(all.names().size() == 2u);
  BOOST_CHECK_THROW(all.add<int>("half", "1", [](int x) { return x / 2; }), std::invalid_argument);
  const auto by_itself = [](const weir::context&, const std::string&, std::string_view,
                            std::string&) -> caf::error { return {}; };
  BOOST_CHECK_THROW(all.add({"other", "1", "\n"}, by_itself), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(a_task_has_the_shapes_of_its_codecs) {
  BOOST_TEST((shape_of<std::string, order>() == "text -> {u32, [{text, f64}], u8}"));
  BOOST_TEST((shape_of<point, caf::unit_t>() == "8 bytes -> nothing"));
  BOOST_TEST((shape_of<sealed, int>() == "other -> i32"));
}

BOOST_AUTO_TEST_CASE(a_long_shape_is_cut_and_still_tells_two_tasks_apart) {
  using long_job = std::array<std::tuple<order, order, order>, 2>;
  const auto one = shape_of<long_job, int>();
  const auto two = shape_of<long_job, float>();
  BOOST_TEST(one.size() <= 80u);
  BOOST_TEST(one.substr(0, 64) == two.substr(0, 64));
  BOOST_TEST(one != two);
}

BOOST_AUTO_TEST_SUITE_END()
