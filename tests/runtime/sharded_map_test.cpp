#include <weir/runtime/sharded_map.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <latch>
#include <memory>
#include <thread>

using namespace weir;

namespace {

using text_map = sharded_map<std::string, int>;

}  // namespace

BOOST_AUTO_TEST_SUITE(sharded_maps)

BOOST_AUTO_TEST_CASE(what_is_set_can_be_read_changed_and_taken) {
  text_map m{5};
  BOOST_TEST(m.shards() == 8u);
  BOOST_TEST(m.empty());
  BOOST_TEST(m.set("alpha", 1));
  BOOST_TEST(m.set("beta", 2));
  BOOST_TEST(!m.set("alpha", 3));
  BOOST_TEST(!m.insert("alpha", 4));
  BOOST_TEST(m.insert("gamma", 5));
  BOOST_TEST(m.get("alpha").value_or(0) == 3);
  BOOST_TEST(!m.get("delta").has_value());
  BOOST_TEST(m.contains(std::string_view{"beta"}));
  BOOST_TEST(m.size() == 3u);
  BOOST_TEST(m.update("beta", [](int& v) { v *= 10; }));
  BOOST_TEST(!m.update("delta", [](int& v) { v = 1; }));
  BOOST_TEST(!m.contains("delta"));
  BOOST_TEST(m.take("beta").value_or(0) == 20);
  BOOST_TEST(!m.take("beta").has_value());
  BOOST_TEST(m.erase("gamma"));
  BOOST_TEST(!m.erase("gamma"));
  m.upsert("words", [](int& v) { ++v; });
  m.upsert("words", [](int& v) { ++v; });
  BOOST_TEST(m.get("words").value_or(0) == 2);
  auto keys = m.keys();
  std::ranges::sort(keys);
  BOOST_TEST((keys == std::vector<std::string>{"alpha", "words"}));
  m.clear();
  BOOST_TEST(m.empty());
}

BOOST_AUTO_TEST_CASE(a_call_about_all_keys_sees_each_once) {
  sharded_map<int, int> m;
  for (int i = 0; i < 10'000; ++i)
    m.set(i, i);
  std::vector<int> seen(10'000);
  m.for_each([&](int key, int value) { seen[static_cast<std::size_t>(key)] += key == value ? 1 : 100; });
  BOOST_TEST((seen == std::vector<int>(10'000, 1)));
  m.update_each([](int, int& value) { ++value; });
  BOOST_TEST(m.erase_if([](int key, int) { return key % 2 == 0; }) == 5'000u);
  BOOST_TEST(m.size() == 5'000u);
  BOOST_TEST(m.get(7).value_or(0) == 8);
  BOOST_TEST(!m.contains(8));
}

BOOST_AUTO_TEST_CASE(keys_that_differ_in_few_bits_spread_over_all_shards) {
  // As pointers do; the standard hash of a number is the number.
  const sharded_map<std::uint64_t, int> m{16};
  for (const std::uint64_t step : {1u, 64u, 4096u}) {
    std::vector<int> filled(m.shards());
    for (std::uint64_t i = 0; i < 1'600; ++i)
      ++filled[m.shard_index(i * step)];
    BOOST_TEST(*std::ranges::min_element(filled) >= 50, "step " << step);
    BOOST_TEST(*std::ranges::max_element(filled) <= 200, "step " << step);
  }
}

BOOST_AUTO_TEST_CASE(a_held_shard_does_not_hold_up_the_others) {
  sharded_map<int, int> m{2};
  const int held = 0;
  int other = 1;
  while (m.shard_index(other) == m.shard_index(held))
    ++other;
  m.set(held, 1);
  m.update(held, [&](int& v) {
    std::jthread{[&] {
      m.set(other, 3);
      v = m.get(other).value_or(0);
    }}.join();
  });
  BOOST_TEST(m.get(held).value_or(0) == 3);
}

BOOST_AUTO_TEST_CASE(updates_from_four_threads_are_all_there) {
  text_map m;
  constexpr int rounds = 20'000;
  std::latch begin{4};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      begin.arrive_and_wait();
      for (int i = 0; i < rounds; ++i) {
        m.upsert("key " + std::to_string(i % 97), [](int& v) { ++v; });
        if (i % 1000 == 0)
          (void)m.keys();
      }
    });
  threads.clear();
  int sum = 0;
  m.for_each([&](const std::string&, int v) { sum += v; });
  BOOST_TEST(sum == 4 * rounds);
  BOOST_TEST(m.size() == 97u);
}

BOOST_AUTO_TEST_CASE(of_many_threads_that_take_one_key_one_gets_it) {
  sharded_map<int, int> m;
  std::atomic<int> taken{0};
  for (int round = 0; round < 1'000; ++round) {
    m.set(round, 1);
    std::jthread a{[&] { taken += m.take(round).value_or(0); }};
    taken += m.take(round).value_or(0);
  }
  BOOST_TEST(taken == 1'000);
}

BOOST_AUTO_TEST_CASE(a_value_is_destroyed_outside_the_lock) {
  struct asks {
    sharded_map<int, std::shared_ptr<asks>>* of;
    std::size_t* seen;
    ~asks() { *seen += of->size(); }
  };
  sharded_map<int, std::shared_ptr<asks>> m{1};
  std::size_t seen = 0;
  const auto made = [&] { return std::make_shared<asks>(asks{&m, &seen}); };
  // A temporary asks too, when it goes.
  m.set(1, made());
  seen = 0;
  m.set(1, nullptr);
  BOOST_TEST(seen == 1u);
  m.set(1, made());
  seen = 0;
  m.erase(1);
  m.set(1, made());
  m.erase_if([](int, const auto&) { return true; });
  m.set(1, made());
  m.clear();
  BOOST_TEST(m.empty());
}

BOOST_AUTO_TEST_CASE(values_may_be_movable_only) {
  sharded_map<int, std::unique_ptr<int>> m;
  m.set(1, std::make_unique<int>(7));
  m.update(1, [](std::unique_ptr<int>& v) { ++*v; });
  const auto out = m.take(1);
  BOOST_REQUIRE(out.has_value());
  BOOST_TEST(**out == 8);
}

BOOST_AUTO_TEST_CASE(what_a_function_throws_reaches_the_caller_and_the_shard_is_free) {
  sharded_map<int, int> m{1};
  m.set(1, 1);
  const auto fails = [](int&) { throw std::runtime_error{"no"}; };
  BOOST_CHECK_THROW(m.update(1, fails), std::runtime_error);
  BOOST_CHECK_THROW(m.upsert(2, fails), std::runtime_error);
  BOOST_TEST(m.get(1).value_or(0) == 1);
  BOOST_TEST(m.get(2).value_or(1) == 0);
}

BOOST_AUTO_TEST_CASE(a_number_of_shards_that_makes_no_sense_is_refused) {
  BOOST_CHECK_THROW(text_map{0}, std::invalid_argument);
  BOOST_CHECK_THROW(text_map{text_map::shards_max + 1}, std::invalid_argument);
  BOOST_TEST(text_map{1}.shards() == 1u);
  BOOST_TEST(text_map{text_map::shards_max}.shards() == text_map::shards_max);
}

BOOST_AUTO_TEST_SUITE_END()
