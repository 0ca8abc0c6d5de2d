#pragma once

/// A private certificate authority for the nodes of one owner, in a folder: `authority.pem`, `authority.key`,
/// and for each node NAME.pem and NAME.key. Keys are P-256. For a try-out or a small set of machines; who has
/// an authority of their own uses that.

#include <caf/error.hpp>
#include <caf/expected.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace weir::link {

struct issued {
  std::string certificate;  ///< the file
  std::string key;          ///< the file; only its owner may read it
  bool has_expired = false;
};

class authority {
public:
  static constexpr std::chrono::hours own_life{24 * 3650};
  static constexpr std::chrono::hours node_life{24 * 825};

  /// Whether a node can have this name; else an error of `ec::invalid_option`.
  [[nodiscard]] static caf::error check_name(const std::string& node);

  /// Opens that of `folder`, or makes one. Errors of `ec::io`, or of `ec::invalid_option` if what stands
  /// there is not one.
  static caf::expected<authority> in(const std::string& folder);

  /// The file that each node is given as its `tls.authority`.
  [[nodiscard]] const std::string& file() const noexcept { return file_; }

  /// What the node `name` has already, if it has both. What can't be read has not expired.
  [[nodiscard]] std::optional<issued> issued_to(const std::string& name) const;

  /// A certificate for the node `name`, valid for `life` from now on (a negative one has run out). Refuses to
  /// write over one that is there.
  [[nodiscard]] caf::expected<issued> issue(const std::string& name,
                                            std::chrono::seconds life = node_life) const;

private:
  [[nodiscard]] issued files_of(const std::string& name) const;

  authority(std::string folder, std::string file, std::string key_file)
      : folder_(std::move(folder)), file_(std::move(file)), key_file_(std::move(key_file)) {}

  std::string folder_;
  std::string file_;
  std::string key_file_;
};

}  // namespace weir::link
