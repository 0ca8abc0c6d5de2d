#include <weir/runtime/launcher/launcher.hpp>

#include <boost/test/unit_test.hpp>

#include <sstream>

namespace {

struct called {
  std::ostringstream out, err;
  int code;

  called(weir::launcher& app, const std::vector<std::string>& arguments)
      : code(app.main(arguments, out, err)) {}
};

weir::launcher shout() {
  weir::launcher app{"shout", "1.0"};
  app.task("upper", "upper case of a line", [](const std::string& s) { return s; });
  return app;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(launchers)

BOOST_AUTO_TEST_CASE(tasks_lists_an_applications_own_task_beside_the_built_in_ones) {
  auto app = shout();
  const called c{app, {"tasks"}};
  BOOST_TEST(c.code == 0);
  BOOST_TEST(c.out.str().find("  upper: upper case of a line\n") != std::string::npos);
  BOOST_TEST(c.out.str().find("  sha256: ") != std::string::npos);
  BOOST_TEST(c.err.str() == "");
}

BOOST_AUTO_TEST_CASE(the_reference_of_any_application_passes_its_own_check) {
  auto app = shout();
  BOOST_TEST(called(app, {"reference"}).out.str().find("upper") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_task_with_settings_gets_them_checked) {
  auto app = shout();
  weir::setting_spec times;
  times.name = "times";
  times.type = weir::setting_type::integer;
  times.fallback = std::int64_t{2};
  times.meaning = "how often";
  app.task("repeat", "a text again and again", {times}, [](const weir::settings& s) {
    return [n = s.get<std::int64_t>("times")](const std::string& text) {
      std::string out;
      for (std::int64_t i = 0; i < n; ++i)
        out += text;
      return out;
    };
  });
  const called c{app, {"tasks"}};
  BOOST_TEST(c.code == 0);
  BOOST_TEST(c.out.str().find("times: how often; a whole number; default 2") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_taken_ends_every_command_with_2) {
  auto app = shout();
  app.task("sha256", "another one", [](const std::string& s) { return s; });
  const called c{app, {"tasks"}};
  BOOST_TEST(c.code == 2);
  BOOST_TEST(c.err.str() == "shout: task \"sha256\": the name is taken; give it another one\n");
  BOOST_TEST(c.out.str() == "");
}

BOOST_AUTO_TEST_CASE(a_setting_that_hides_a_key_of_every_stage_is_refused) {
  auto app = shout();
  weir::setting_spec order;
  order.name = "order";
  app.task("sort", "sorted", {order},
           [](const weir::settings&) { return [](const std::string& s) { return s; }; });
  BOOST_TEST(called(app, {"tasks"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_name_that_needs_quotes_is_refused) {
  weir::launcher app{"shout", "1.0"};
  app.task("up per", "upper case", [](const std::string& s) { return s; });
  BOOST_TEST(called(app, {"tasks"}).code == 2);
}

BOOST_AUTO_TEST_CASE(a_flow_that_is_not_there_ends_with_2_and_leaves_stdout_empty) {
  auto app = shout();
  const called c{app, {"check", "/nonexistent/flow.toml"}};
  BOOST_TEST(c.code == 2);
  BOOST_TEST(c.out.str() == "");
  BOOST_TEST(c.err.str() == "/nonexistent/flow.toml: cannot be opened: No such file or directory\n");
}

BOOST_AUTO_TEST_CASE(output_that_cannot_be_written_is_not_success) {
  auto app = shout();
  std::ostringstream out, err;
  out.setstate(std::ios::badbit);
  BOOST_TEST(app.main({"tasks"}, out, err) == 1);
  BOOST_TEST(err.str() == "shout: standard output cannot be written\n");
}

BOOST_AUTO_TEST_SUITE_END()
