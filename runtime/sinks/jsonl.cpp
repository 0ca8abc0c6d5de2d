/// The `jsonl` sink: one JSON object a line. A completed job has `index`, its item's place in the source,
/// `name`, the fields of its record, and `seconds`, its run time; a failed one `index`, `name`, `error`,
/// `code` and `seconds`. Each line is valid JSON in UTF-8.
///
/// A text that is not UTF-8 is there twice: readable, with U+FFFD for each byte that is out of place, and
/// exact, as base64 under its key with _b64 added. NaN and the infinities are null.
/// A record's own `index`, `name` or `seconds` stands in place of the sink's, so that no key comes twice.

#include <weir/runtime/kinds.hpp>
#include <weir/runtime/sinks/json_text.hpp>
#include <weir/runtime/sinks/output.hpp>

#include <algorithm>
#include <cmath>

namespace weir {

namespace {

// Run times are measured in nanoseconds: more digits would only be the conversion's.
double to_nanoseconds(double seconds) {
  return std::round(seconds * 1e9) / 1e9;
}

class object {
public:
  void add(std::string_view key, const value& v) {
    key_of(key);
    if (detail::append_json(text_, v))
      return;
    key_of(std::string{key} + "_b64");
    text_ += '"' + detail::base64(std::get<std::string>(v)) + '"';
  }

  [[nodiscard]] std::string line() && { return std::move(text_) + "}\n"; }

private:
  void key_of(std::string_view key) {
    text_ += text_.empty() ? '{' : ',';
    detail::append_json(text_, key);
    text_ += ':';
  }

  std::string text_;
};

// A field whose name an earlier one of the record has is passed over.
void add_fields(object& to, const record& from) {
  const auto& fields = from.fields;
  for (auto f = fields.begin(); f != fields.end(); ++f)
    if (std::none_of(fields.begin(), f, [&](const field& earlier) { return earlier.name == f->name; }))
      to.add(f->name, f->content);
}

class jsonl final : public sink {
public:
  explicit jsonl(detail::output out) : out_(std::move(out)) {}

  [[nodiscard]] std::vector<std::string> files() const override { return out_.files(); }
  caf::error open() override { return out_.open(); }

  caf::error put(const completed_item& done) override {
    object made;
    if (!done.result.find("index"))
      made.add("index", static_cast<std::int64_t>(done.index));
    if (!done.result.find("name"))
      made.add("name", done.from.name);
    add_fields(made, done.result);
    if (!done.result.find("seconds"))
      made.add("seconds", to_nanoseconds(done.run_seconds));
    return out_.put(std::move(made).line());
  }

  caf::error put(const failed_item& failure) override {
    object made;
    made.add("index", static_cast<std::int64_t>(failure.index));
    made.add("name", failure.from.name);
    made.add("error", text_of(failure.reason));
    made.add("code", code_of(failure.reason));
    made.add("seconds", to_nanoseconds(failure.run_seconds));
    return out_.put(std::move(made).line());
  }

  caf::error flush() override { return out_.flush(); }
  caf::error finish() override { return out_.finish(); }
  caf::error finish_early() override { return out_.finish_early(); }

private:
  // Errors of other categories come from an application's own tasks.
  static std::string code_of(const caf::error& reason) {
    const auto code = static_cast<ec>(reason.code());
    return std::string{is(reason, code) ? name_of(code) : name_of(ec::failed)};
  }

  detail::output out_;
};

caf::expected<std::unique_ptr<sink>> make(const settings& given) {
  auto out = detail::output::to(given);
  if (!out)
    return out.error();
  return std::unique_ptr<sink>{std::make_unique<jsonl>(std::move(*out))};
}

}  // namespace

sink_kind jsonl_sink() {
  return {"jsonl",
          "one JSON object a line, failures too; a text that is not UTF-8 is added as KEY_b64",
          {detail::output::path_setting()},
          make};
}

}  // namespace weir
