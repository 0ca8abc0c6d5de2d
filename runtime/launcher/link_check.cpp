#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/link_check.hpp>
#include <weir/runtime/launcher/place.hpp>
#include <weir/runtime/launcher/quantity.hpp>
#include <weir/runtime/link/address.hpp>
#include <weir/runtime/link/tls.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace weir::config {

namespace {

constexpr std::size_t text_bytes_max = 1000;

/// One of the two tables.
struct checked_table {
  const node& content;
  std::string path;
  problems& found;

  /// Puts an error at the key that its text begins with, else at the table.
  void add(const caf::error& e) const {
    const auto text = printable(text_of(e), text_bytes_max);
    const auto key = text.substr(0, text.find_first_of(" :"));
    const auto* at = content.find(key);
    const auto rest = key + ": ";
    if (at && text.starts_with(rest))
      found.add(at->content.at, path + '.' + key, text.substr(rest.size()));
    else
      found.add(at ? at->content.at : content.at, path, text);
  }

  void add(const char* key, const std::string& text) const {
    found.add(content.find(key)->content.at, path + '.' + key, printable(text, text_bytes_max));
  }
};

std::optional<link::address> check_address(const checked_table& in, const char* key, const std::string& text,
                                           const link::link_options& options, std::uint16_t port_min) {
  auto read = link::read_address(text);
  if (!read) {
    in.add(key, '\'' + text + "' is not an address: HOST:PORT or [HOST]:PORT is allowed, PORT is " +
                    std::to_string(port_min) + " to 65535");
    return std::nullopt;
  }
  if (options.tls.none() && !read->is_loopback())
    in.add(key,
           text +
               " can be met from other machines, and there is no TLS: set authority, certificate and "
               "private_key (`certs` makes such files), or use an address of this machine alone, such as "
               "127.0.0.1");
  return *read;
}

/// What `validate` would refuse without the reason, or without a key that is in the file.
bool check_keys(const checked_table& in, const link::link_options& o) {
  const auto before = in.found.count();
  const std::array files{std::pair{"authority", &o.tls.authority},
                         std::pair{"certificate", &o.tls.certificate}, std::pair{"private_key", &o.tls.key}};
  for (const auto& [key, file] : files)
    if (file->empty() && !o.tls.none())
      in.found.add(
          in.content.at, in.path + '.' + key,
          "missing: TLS takes authority, certificate and private_key together; give all, or none for "
          "this machine alone");
  if (o.timeout < 2 * o.heartbeat) {
    const auto* key = in.content.find("timeout") ? "timeout" : "heartbeat";
    in.add(key,
           "a timeout of " + to_text(o.timeout) + " is too short for a heartbeat of " + to_text(o.heartbeat) +
               ": a single one that is late would end the link; allowed: a timeout of twice the heartbeat or "
               "more");
  }
  return in.found.count() == before;
}

/// A pipe, as of a shell's `<(…)`, can be read only once: by who starts the links.
bool is_pipe(const std::string& path) {
  std::error_code e;
  return std::filesystem::is_fifo(path, e);
}

void check_files(const checked_table& in, const link::link_options& options) {
  const auto& files = options.tls;
  if (!files.complete() || is_pipe(files.authority) || is_pipe(files.certificate) || is_pipe(files.key))
    return;
  if (const auto made = link::load_tls(files, options.name); !made)
    in.add(made.error());
}

}  // namespace

void check_meeting_place(const node& table, const meeting_place& place, tls_check tls, problems& found) {
  const checked_table in{table, "nodes", found};
  check_address(in, "listen", place.listen, place.link, 0);
  if (!check_keys(in, place.link))
    return;
  if (const auto e = place.link.validate())
    in.add(e);
  else if (tls == tls_check::tried)
    check_files(in, place.link);
}

void check_node_plan(const node& table, const node_plan& plan, problems& found) {
  const checked_table in{table, "node", found};
  const auto& options = plan.options;
  const auto whom = check_address(in, "dial", options.coordinator, options.link, 1);
  if (whom && whom->port == 0)
    in.add("dial", options.coordinator + " has no port to dial; allowed: HOST:PORT, PORT is 1 to 65535");
  if (!check_keys(in, options.link))
    return;
  if (const auto e = options.validate())
    in.add(e);
  else
    check_files(in, options.link);
}

}  // namespace weir::config
