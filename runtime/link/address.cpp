#include <weir/actors/error.hpp>
#include <weir/runtime/link/address.hpp>

#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <string_view>

namespace weir::link {

namespace {

caf::error not_an_address(const std::string& text) {
  return make_error(
      ec::invalid_option,
      "'" + text + "' is not an address: HOST:PORT or [HOST]:PORT is allowed, PORT is 0 to 65535");
}

}  // namespace

bool address::is_loopback() const {
  if (host == "localhost")
    return true;
  boost::system::error_code e;
  const auto literal = boost::asio::ip::make_address(host, e);
  return !e && literal.is_loopback();
}

caf::expected<address> read_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos)
    return not_an_address(text);
  std::string_view host{text.data(), colon};
  const std::string_view digits{text.data() + colon + 1, text.size() - colon - 1};
  const auto bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("[]") != std::string_view::npos ||
      (!bracketed && host.find(':') != std::string_view::npos))
    return not_an_address(text);
  address made{std::string{host}, 0};
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), made.port);
  if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size())
    return not_an_address(text);
  return made;
}

std::string to_text(const address& a) {
  const auto bracketed = a.host.find(':') != std::string::npos;
  return (bracketed ? "[" + a.host + "]" : a.host) + ":" + std::to_string(a.port);
}

}  // namespace weir::link
