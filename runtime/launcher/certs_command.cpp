#include <weir/actors/error.hpp>
#include <weir/runtime/launcher/certs_command.hpp>
#include <weir/runtime/launcher/launcher.hpp>
#include <weir/runtime/link/authority.hpp>

namespace weir::config {

int certs_command(const arguments& wanted, const std::string& program, std::ostream& out, std::ostream& err) {
  const auto refused = [&](const caf::error& e) {
    err << program << ": " << text_of(e) << '\n';
    return static_cast<int>(is(e, ec::invalid_option) ? exit_status::bad_usage : exit_status::failed);
  };
  for (const auto& node : wanted.nodes)
    if (const auto e = link::authority::check_name(node))
      return refused(e);
  const auto authority = link::authority::in(wanted.folder);
  if (!authority)
    return refused(authority.error());
  out << "authority    " << authority->file() << '\n';
  for (const auto& node : wanted.nodes) {
    if (const auto there = authority->issued_to(node)) {
      out << (there->has_expired ? "has expired  " : "is there     ") << there->certificate;
      if (there->has_expired)
        out << ": remove it and " << there->key << ", and run this again";
      out << '\n';
      continue;
    }
    const auto issued = authority->issue(node);
    if (!issued)
      return refused(issued.error());
    out << "certificate  " << issued->certificate << '\n' << "key          " << issued->key << '\n';
  }
  return static_cast<int>(exit_status::completed);
}

}  // namespace weir::config
