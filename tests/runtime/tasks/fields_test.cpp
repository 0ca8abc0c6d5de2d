#include <boost/test/unit_test.hpp>

#include <map>
#include <string>
#include <vector>

#include "../../support/scratch_folder.hpp"
#include "task_helpers.hpp"

using namespace weir;
using namespace weir_test;

BOOST_AUTO_TEST_SUITE(fields_of_tasks)

BOOST_AUTO_TEST_CASE(each_task_makes_the_fields_that_it_names) {
  const weir_test::scratch_folder folder;
  const auto file = folder.file("f", "some words\n");
  const std::map<std::string, value> inputs{{"sha256", file},
                                            {"wordcount", file},
                                            {"sleep", std::int64_t{1}},
                                            {"square", std::int64_t{2}},
                                            {"exec", std::string{"a"}}};
  for (const auto& kind : built_in_kinds().tasks) {
    auto values = settings_of(kind.accepts, {});
    if (kind.name == "sleep")
      values.set("min", duration::zero());
    if (kind.name == "exec")
      values.set("command", std::vector<std::string>{"true"});
    auto task = kind.make(values);
    BOOST_REQUIRE_MESSAGE(task, kind.name);
    const auto made = run(*task, inputs.at(kind.name));
    BOOST_REQUIRE_MESSAGE(made, kind.name);
    std::vector<std::string> names;
    for (const auto& f : made->fields)
      names.push_back(f.name);
    BOOST_TEST(names == kind.fields, kind.name << " makes " << names_of(*made));
  }
}

BOOST_AUTO_TEST_SUITE_END()
