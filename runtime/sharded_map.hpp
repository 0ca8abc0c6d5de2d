#pragma once

/// A hash map for many threads: its keys are spread over shards, each a map with a lock of its own on cache
/// lines of its own, so that threads that touch different shards never wait for each other. Use it for what
/// many tasks look up and update.
///
/// A call about one key locks that key's shard, for some ten nanoseconds and as long as the function runs
/// that it was given; that function must not call the map. A call about all keys (`size`, `keys`,
/// `for_each`, `update_each`, `erase_if`, `clear`) goes from shard to shard: it sees each as it is at its
/// moment, never the whole map at one instant. Keys and values are moved about in their tables: no move of
/// theirs may throw, and no reference to one stays valid. Values are destroyed outside the locks; a shard
/// that grows moves its entries under its lock. What a function of the caller throws reaches the caller. All
/// members are thread-safe, except the destructor.

#include <weir/actors/adaptive_mutex.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tsl/robin_map.h>

namespace weir {

/// The standard hash; keys of text are also found by what converts to a std::string_view.
template <class K>
struct key_hash : std::hash<K> {};

template <>
struct key_hash<std::string> {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
};

namespace detail {

/// What a lookup may be given: anything that a transparent hash takes, else the key itself.
template <class Hash, class K>
struct lookup_key {
  template <class Q>
  using type = K;
};
template <class Hash, class K>
  requires requires { typename Hash::is_transparent; }
struct lookup_key<Hash, K> {
  template <class Q>
  using type = Q;
};

/// The hash times 2^64 over the golden ratio, folded: so that hashes that differ only in a few bits differ in
/// the high ones, which choose the shard, and in the low ones, which choose the place in its table.
/// From: Knuth, "The Art of Computer Programming", vol. 3, 6.4.
template <class Hash>
struct mixed_hash {
  [[no_unique_address]] Hash hash;

  template <class Q>
  std::size_t operator()(const Q& key) const {
    const auto mixed = static_cast<std::uint64_t>(hash(key)) * 0x9e3779b97f4a7c15u;
    return mixed ^ (mixed >> 32);
  }
};

}  // namespace detail

/// `Hash` and `Equal` are called by several threads at a time.
template <class K, class V, class Hash = key_hash<K>, class Equal = std::equal_to<>>
  requires std::is_nothrow_move_constructible_v<K> && std::is_nothrow_swappable_v<K> &&
           std::is_nothrow_move_constructible_v<V> && std::is_nothrow_swappable_v<V>
class sharded_map {
  template <class Q>
  using lookup_key = typename detail::lookup_key<Hash, K>::template type<Q>;

public:
  using key_type = K;
  using mapped_type = V;

  static constexpr std::size_t shards_default = 64;
  static constexpr std::size_t shards_max = 1u << 16;

  /// `shards` is rounded up to a power of two; a few times the threads that use the map at once are enough.
  /// Each takes some 200 bytes. Throws std::invalid_argument unless it is 1 to `shards_max`.
  explicit sharded_map(std::size_t shards = shards_default)
      : shards_(std::bit_ceil(checked(shards))), shift_(64 - std::countr_zero(shards_.size())) {}

  sharded_map(const sharded_map&) = delete;
  sharded_map& operator=(const sharded_map&) = delete;

  /// A copy of the value, if there is one.
  template <class Q = K>
  [[nodiscard]] std::optional<V> get(const lookup_key<Q>& key) const
    requires std::copy_constructible<V>
  {
    std::optional<V> out;
    read(key, [&](const V& v) { out.emplace(v); });
    return out;
  }

  template <class Q = K>
  [[nodiscard]] bool contains(const lookup_key<Q>& key) const {
    return read(key, [](const V&) {});
  }

  /// Calls `f(const V&)` on the value in its place; false if there is none.
  template <class Q = K, std::invocable<const V&> F>
  bool read(const lookup_key<Q>& key, F&& f) const {
    return visit<Q>(*this, key, std::forward<F>(f));
  }

  /// Sets the value, whether there was one or not; true if there was none.
  bool set(K key, V value) {
    const auto hash = hash_(key);
    auto& s = shard_at(hash);
    std::lock_guard guard{s.mutex};
    if (const auto at = s.map.find(key, hash); at != s.map.end()) {
      // The old value goes with the argument, after the lock.
      std::ranges::swap(at.value(), value);
      return false;
    }
    s.map.emplace(std::move(key), std::move(value));
    return true;
  }

  /// Sets the value if there is none; true if so.
  bool insert(K key, V value) {
    auto& s = shard_at(hash_(key));
    std::lock_guard guard{s.mutex};
    return s.map.try_emplace(std::move(key), std::move(value)).second;
  }

  /// Calls `f(V&)` on the value in its place; false if there is none.
  template <class Q = K, std::invocable<V&> F>
  bool update(const lookup_key<Q>& key, F&& f) {
    return visit<Q>(*this, key, std::forward<F>(f));
  }

  /// Calls `f(V&)` on the value in its place; one that is not there is made before, as `V{}`. If `f` throws,
  /// it stays as `f` left it.
  template <std::invocable<V&> F>
  void upsert(K key, F&& f)
    requires std::default_initializable<V>
  {
    auto& s = shard_at(hash_(key));
    std::lock_guard guard{s.mutex};
    std::invoke(std::forward<F>(f), s.map.try_emplace(std::move(key)).first.value());
  }

  /// Takes the value out, if there is one.
  template <class Q = K>
  std::optional<V> take(const lookup_key<Q>& key) {
    const auto hash = hash_(key);
    auto& s = shard_at(hash);
    std::lock_guard guard{s.mutex};
    const auto at = s.map.find(key, hash);
    if (at == s.map.end())
      return std::nullopt;
    std::optional<V> out{std::move(at.value())};
    s.map.erase(at);
    return out;
  }

  /// True if there was a value.
  template <class Q = K>
  bool erase(const lookup_key<Q>& key) {
    return take<Q>(key).has_value();
  }

  /// Erases what `gone(const K&, const V&)` is true for; returns how many. It may be asked
  /// twice about one entry.
  template <std::predicate<const K&, const V&> Gone>
  std::size_t erase_if(Gone gone) {
    std::size_t count = 0;
    for (auto& s : shards_) {
      std::vector<V> dropped;
      std::lock_guard guard{s.mutex};
      for (auto at = s.map.begin(); at != s.map.end();)
        if (std::invoke(gone, at.key(), std::as_const(at.value()))) {
          dropped.push_back(std::move(at.value()));
          at = s.map.erase(at);
        } else {
          ++at;
        }
      count += dropped.size();
    }
    return count;
  }

  void clear() {
    for (auto& s : shards_) {
      table dropped;
      std::lock_guard guard{s.mutex};
      s.map.swap(dropped);
    }
  }

  /// The sum over the shards. Locks each for a moment.
  [[nodiscard]] std::size_t size() const {
    std::size_t sum = 0;
    for (const auto& s : shards_) {
      std::lock_guard guard{s.mutex};
      sum += s.map.size();
    }
    return sum;
  }

  [[nodiscard]] bool empty() const { return size() == 0; }

  /// In no order.
  [[nodiscard]] std::vector<K> keys() const {
    std::vector<K> out;
    for_each([&](const K& key, const V&) { out.push_back(key); });
    return out;
  }

  /// Calls `f(const K&, const V&)` for each entry, a shard at a time under its lock, in no order. An entry
  /// that is set or erased meanwhile may be seen or not; no other is missed or seen twice.
  template <std::invocable<const K&, const V&> F>
  void for_each(F f) const {
    for (const auto& s : shards_) {
      std::lock_guard guard{s.mutex};
      for (const auto& [key, value] : s.map)
        std::invoke(f, key, value);
    }
  }

  /// The same with `f(const K&, V&)`, which may change the values.
  template <std::invocable<const K&, V&> F>
  void update_each(F f) {
    for (auto& s : shards_) {
      std::lock_guard guard{s.mutex};
      for (auto at = s.map.begin(); at != s.map.end(); ++at)
        std::invoke(f, at.key(), at.value());
    }
  }

  [[nodiscard]] std::size_t shards() const noexcept { return shards_.size(); }

  /// The shard that a key lies in, below `shards()`.
  template <class Q = K>
  [[nodiscard]] std::size_t shard_index(const lookup_key<Q>& key) const {
    return index_of(hash_(key));
  }

private:
  using table = tsl::robin_map<K, V, detail::mixed_hash<Hash>, Equal>;

  // Two lines: what fetches a line often fetches its neighbour too.
  struct alignas(128) shard {
    mutable adaptive_mutex mutex;
    table map;
  };

  static std::size_t checked(std::size_t shards) {
    if (shards < 1 || shards > shards_max)
      throw std::invalid_argument{"a sharded_map of " + std::to_string(shards) + " shards; allowed: 1 to " +
                                  std::to_string(shards_max)};
    return shards;
  }

  template <class Q, class Self, class F>
  static bool visit(Self& self, const lookup_key<Q>& key, F&& f) {
    const auto hash = self.hash_(key);
    auto& s = self.shard_at(hash);
    std::lock_guard guard{s.mutex};
    const auto at = s.map.find(key, hash);
    if (at == s.map.end())
      return false;
    std::invoke(std::forward<F>(f), at.value());
    return true;
  }

  [[nodiscard]] std::size_t index_of(std::size_t hash) const noexcept {
    return shards_.size() == 1 ? 0 : hash >> shift_;
  }
  [[nodiscard]] shard& shard_at(std::size_t hash) noexcept { return shards_[index_of(hash)]; }
  [[nodiscard]] const shard& shard_at(std::size_t hash) const noexcept { return shards_[index_of(hash)]; }

  std::vector<shard> shards_;
  int shift_;
  detail::mixed_hash<Hash> hash_;
};

}  // namespace weir
