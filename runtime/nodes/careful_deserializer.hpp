#pragma once

/// CAF's binary deserializer, which makes a list as long as it is told before it looks whether that much is
/// there: 20 bytes make it take 4 GiB. This one looks first.

#include <caf/binary_deserializer.hpp>
#include <caf/deserializer.hpp>

#include <string>
#include <string_view>

namespace weir::nodes {

class careful_deserializer final : public caf::deserializer {
public:
  explicit careful_deserializer(std::string_view from)
      : from_(static_cast<caf::execution_unit*>(nullptr), from.data(), from.size()) {}

  [[nodiscard]] std::size_t remaining() const noexcept { return from_.remaining(); }

  caf::error begin_object(std::uint16_t& number, std::string& name) override {
    return from_.begin_object(number, name);
  }
  caf::error end_object() override { return from_.end_object(); }
  caf::error begin_sequence(std::size_t& count) override;
  caf::error end_sequence() override { return from_.end_sequence(); }
  caf::error apply_raw(std::size_t count, void* data) override { return from_.apply_raw(count, data); }

protected:
  caf::error apply_impl(std::int8_t& x) override { return from_(x); }
  caf::error apply_impl(std::uint8_t& x) override { return from_(x); }
  caf::error apply_impl(std::int16_t& x) override { return from_(x); }
  caf::error apply_impl(std::uint16_t& x) override { return from_(x); }
  caf::error apply_impl(std::int32_t& x) override { return from_(x); }
  caf::error apply_impl(std::uint32_t& x) override { return from_(x); }
  caf::error apply_impl(std::int64_t& x) override { return from_(x); }
  caf::error apply_impl(std::uint64_t& x) override { return from_(x); }
  caf::error apply_impl(float& x) override { return from_(x); }
  caf::error apply_impl(double& x) override { return from_(x); }
  caf::error apply_impl(long double& x) override { return from_(x); }
  caf::error apply_impl(std::string& x) override { return from_(x); }
  caf::error apply_impl(std::u16string& x) override { return from_(x); }
  caf::error apply_impl(std::u32string& x) override { return from_(x); }

private:
  caf::binary_deserializer from_;
};

}  // namespace weir::nodes
