#include <weir/actors/error.hpp>
#include <weir/runtime/nodes/flow_codec.hpp>
#include <weir/runtime/nodes/wire.hpp>

#include <bit>
#include <utility>
#include <variant>

namespace weir::nodes {

namespace {

/// By their places in `value`.
enum class value_kind : std::uint8_t { none, boolean, integer, number, text };
static_assert(std::variant_size_v<value> == 5);

struct value_writer {
  wire_writer& to;

  void operator()(std::monostate) const {}
  void operator()(bool b) const { to.put(static_cast<std::uint8_t>(b ? 1 : 0)); }
  void operator()(std::int64_t n) const { to.put(static_cast<std::uint64_t>(n)); }
  void operator()(double d) const { to.put(std::bit_cast<std::uint64_t>(d)); }
  void operator()(const std::string& s) const { to.put(s); }
};

void write(wire_writer& to, const value& v) {
  to.put(static_cast<std::uint8_t>(v.index()));
  std::visit(value_writer{to}, v);
}

/// None, in a reader that is not good any more, if there is no such kind.
bool read(wire_reader& from, value& v) {
  switch (static_cast<value_kind>(from.number<std::uint8_t>())) {
    case value_kind::none:
      v = std::monostate{};
      return true;
    case value_kind::boolean:
      v = from.number<std::uint8_t>() != 0;
      return true;
    case value_kind::integer:
      v = static_cast<std::int64_t>(from.number<std::uint64_t>());
      return true;
    case value_kind::number:
      v = std::bit_cast<double>(from.number<std::uint64_t>());
      return true;
    case value_kind::text:
      v = std::string{from.text()};
      return true;
  }
  return false;
}

caf::error not_one(const char* what) {
  return make_error(ec::link, std::string{"it sent "} + what + " that is not one");
}

}  // namespace

void codec<item>::encode(const item& value, std::string& out) {
  wire_writer to;
  write(to, value.input);
  out += to.put(value.name).take();
}

caf::expected<item> codec<item>::decode(std::string_view text) {
  wire_reader from{text};
  item out;
  if (!read(from, out.input))
    return not_one("an item");
  out.name = from.text();
  if (!from.whole())
    return not_one("an item");
  return out;
}

void codec<record>::encode(const record& value, std::string& out) {
  wire_writer to;
  to.put(static_cast<std::uint32_t>(value.fields.size()));
  for (const auto& f : value.fields) {
    to.put(f.name);
    write(to, f.content);
  }
  out += to.take();
}

caf::expected<record> codec<record>::decode(std::string_view text) {
  wire_reader from{text};
  record out;
  const auto fields = from.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < fields && from.good(); ++i) {
    auto& f = out.fields.emplace_back();
    f.name = from.text();
    if (!read(from, f.content))
      return not_one("a record");
  }
  if (!from.whole())
    return not_one("a record");
  return out;
}

}  // namespace weir::nodes
