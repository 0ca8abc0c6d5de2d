#include <weir/runtime/launcher/node_file.hpp>
#include <weir/runtime/launcher/node_tasks.hpp>
#include <weir/runtime/link/authority.hpp>
#include <weir/runtime/nodes/flow_codec.hpp>

#include <boost/test/unit_test.hpp>

#include <chrono>

#include "../../support/scratch_folder.hpp"
#include "../nodes/message_support.hpp"
#include "stand_in_kinds.hpp"

using namespace weir::config;
using namespace std::chrono_literals;

namespace {

const std::string head = "[node]\nname = \"n\"\ndial = \"127.0.0.1:1\"\n";
const std::string good = head + "tasks = [\"square\"]\n";

struct loaded {
  stand_in::counts made;
  problems found;
  std::optional<node_plan> plan;

  explicit loaded(const std::string& text, const std::vector<std::string>& overrides = {}) {
    const weir_test::scratch_folder folder;
    plan = load_node(folder.file("n.toml", text), overrides, stand_in::kinds(made), found);
    BOOST_TEST(plan.has_value() == found.none(), found.text());
  }
};

/// The built-in tasks, as a node offers them.
struct offered {
  weir::kinds known = weir::built_in_kinds();
  done_count done = std::make_shared<std::atomic<std::uint64_t>>(0);
  weir::nodes::task_registry tasks = offered_tasks(known, {"square", "sleep"}, "1", done);

  std::string result;

  caf::error run(const std::string& task, const std::string& settings, const weir::item& job) {
    const auto* f = tasks.find({task, "1"});
    BOOST_TEST_REQUIRE(f != nullptr);
    return (*f)(weir::context::background(), settings, weir::test::encoded(job), result);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(node_files)

BOOST_AUTO_TEST_CASE(a_short_file_gets_all_defaults) {
  const loaded l{good};
  BOOST_REQUIRE(l.plan);
  BOOST_TEST(l.plan->options.link.name == "n");
  BOOST_TEST((l.plan->options.link.peers == std::vector<std::string>{"coordinator"}));
  BOOST_TEST(l.plan->options.coordinator == "127.0.0.1:1");
  BOOST_TEST(l.plan->options.workers == 0u);
  BOOST_TEST(l.plan->options.credit == weir::nodes::node_options{}.credit);
  BOOST_TEST((l.plan->tasks == std::vector<std::string>{"square"}));
}

BOOST_AUTO_TEST_CASE(every_key_reaches_the_plan) {
  const weir_test::scratch_folder folder;
  const auto authority = weir::link::authority::in(folder.path());
  BOOST_REQUIRE(static_cast<bool>(authority));
  const auto own = authority->issue("n");
  BOOST_REQUIRE(static_cast<bool>(own));
  const loaded l{good + "coordinator = \"c\"\nworkers = 3\ncredit = 9\nauthority = \"" + authority->file() +
                 "\"\ncertificate = \"" + own->certificate + "\"\nprivate_key = \"" + own->key +
                 "\"\nheartbeat = \"2s\"\ntimeout = \"5s\"\n"};
  BOOST_REQUIRE(l.plan);
  const auto& o = l.plan->options;
  BOOST_TEST((o.link.peers == std::vector<std::string>{"c"}));
  BOOST_TEST(o.workers == 3u);
  BOOST_TEST(o.credit == 9u);
  BOOST_TEST(o.link.tls.authority == authority->file());
  BOOST_TEST(o.link.tls.certificate == own->certificate);
  BOOST_TEST(o.link.tls.key == own->key);
  BOOST_TEST((o.link.heartbeat == weir::duration{2s}));
  BOOST_TEST((o.link.timeout == weir::duration{5s}));
}

BOOST_AUTO_TEST_CASE(an_option_changes_a_key) {
  const loaded l{good, {"node.name=other"}};
  BOOST_REQUIRE(l.plan);
  BOOST_TEST(l.plan->options.link.name == "other");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_with_its_place) {
  const auto says = [](const std::string& text, const std::string& what) {
    const loaded l{text};
    BOOST_TEST(l.found.text().find(what) != std::string::npos, l.found.text());
  };
  says("", "missing: the table [node]");
  says(good + "[flow]\n", "flow: unknown");
  says(head, "node.tasks: missing");
  says(head + "tasks = []\n", "node.tasks: it is empty");
  says(head + "tasks = [\"squrae\"]\n", "there is no task \"squrae\"; did you mean \"square\"?");
  says(head + "tasks = [\"square\", \"square\"]\n", "\"square\" is given twice");
  says(good + "workers = 8\ncredit = 15\n", "credit is 15, allowed is 16 (two for each worker) to 1000000");
  says(good + "dail = 1\n", "node.dail: unknown key; did you mean \"dial\"?");
}

BOOST_FIXTURE_TEST_CASE(a_task_does_the_jobs_that_come_with_its_settings, offered) {
  BOOST_TEST_REQUIRE(!run("square", "", {std::int64_t{7}, "7"}));
  const auto record = weir::nodes::codec<weir::record>::decode(result);
  BOOST_TEST_REQUIRE(static_cast<bool>(record));
  BOOST_TEST(weir::to_text(*record->find("square")) == "49");
  BOOST_TEST(done->load() == 1u);
}

BOOST_FIXTURE_TEST_CASE(settings_that_are_not_right_fail_the_job_and_nothing_else, offered) {
  for (const std::string settings : {"min = 5", "nothing = 1", "min = \"1ms\"\nmin = \"1ms\"", "[", "\xff"}) {
    const auto why = run("sleep", settings, {std::int64_t{1}, "1"});
    BOOST_TEST(weir::is(why, weir::ec::invalid_config), settings);
  }
  BOOST_TEST(!run("sleep", "min = \"1ms\"", {std::int64_t{1}, "1"}));
}

BOOST_FIXTURE_TEST_CASE(a_job_that_is_not_one_fails, offered) {
  const auto* f = tasks.find({"square", "1"});
  BOOST_TEST(static_cast<bool>((*f)(weir::context::background(), "", "x", result)));
}

BOOST_AUTO_TEST_CASE(items_and_records_come_through_as_they_are) {
  using weir::nodes::codec;
  const std::vector<weir::value> values{std::monostate{}, true, std::int64_t{-5}, 0.1,
                                        std::string{"a\0b", 3}};
  weir::record r;
  for (const auto& v : values) {
    const auto read = codec<weir::item>::decode(weir::test::encoded(weir::item{v, "name"}));
    BOOST_TEST_REQUIRE(static_cast<bool>(read));
    BOOST_TEST((read->input == v));
    BOOST_TEST(read->name == "name");
    r.fields.push_back({"f" + std::to_string(r.fields.size()), v});
  }
  const auto text = weir::test::encoded(r);
  const auto read = codec<weir::record>::decode(text);
  BOOST_TEST_REQUIRE(static_cast<bool>(read));
  BOOST_TEST_REQUIRE(read->fields.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    BOOST_TEST(read->fields[i].name == r.fields[i].name);
    BOOST_TEST((read->fields[i].content == values[i]));
  }
  for (std::size_t n = 0; n < text.size(); ++n)
    BOOST_TEST(!codec<weir::record>::decode(text.substr(0, n)));
}

BOOST_AUTO_TEST_SUITE_END()
