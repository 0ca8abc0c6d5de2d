/// The `wordcount` task: counts a file as wc does in the C locale. Its record has wc's order: `lines`,
/// `words`, `bytes`, `path`.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/tasks/read_file.hpp>

#include <array>

namespace weir {

namespace {

enum class byte_class : std::uint8_t {
  silent,   ///< neither parts words nor makes one: control bytes, and all beyond ASCII
  space,    ///< parts words
  visible,  ///< makes what it stands in a word
};

constexpr auto classes = [] {
  std::array<byte_class, 256> of{};
  for (unsigned char c = 0x21; c < 0x7f; ++c)
    of[c] = byte_class::visible;
  for (const unsigned char c : {' ', '\t', '\n', '\v', '\f', '\r'})
    of[c] = byte_class::space;
  return of;
}();

class counter {
public:
  void take(std::string_view block) {
    // Locals stay in registers; members would be stored at every byte.
    auto lines = lines_;
    auto words = words_;
    auto in_word = in_word_;
    for (const char c : block) {
      const auto of = classes[static_cast<unsigned char>(c)];
      lines += c == '\n' ? 1 : 0;
      words += of == byte_class::visible && !in_word ? 1 : 0;
      in_word = of == byte_class::visible || (in_word && of == byte_class::silent);
    }
    lines_ = lines;
    words_ = words;
    in_word_ = in_word;
  }

  [[nodiscard]] std::int64_t lines() const noexcept { return lines_; }
  [[nodiscard]] std::int64_t words() const noexcept { return words_; }

private:
  std::int64_t lines_ = 0;
  std::int64_t words_ = 0;
  bool in_word_ = false;
};

caf::expected<record> wordcount(const context& ctx, const item& job) {
  auto path = to_text(job.input);
  counter count;
  const auto bytes = detail::read_file(ctx, path, [&](std::string_view block) { count.take(block); });
  if (!bytes)
    return bytes.error();
  record out;
  out.fields.reserve(4);
  out.fields.push_back({"lines", count.lines()});
  out.fields.push_back({"words", count.words()});
  out.fields.push_back({"bytes", static_cast<std::int64_t>(*bytes)});
  out.fields.push_back({"path", std::move(path)});
  return out;
}

caf::expected<task_function> make(const settings&) {
  return task_function{wordcount};
}

}  // namespace

task_kind wordcount_task() {
  return {"wordcount",
          "lines, words and bytes of the file that the item names, as wc in the C locale",
          {},
          make,
          {"lines", "words", "bytes", "path"},
          true};
}

}  // namespace weir
