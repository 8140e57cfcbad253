#include "installer/authority_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/durable_file.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/sys_root.h"
#include "pki/certificate.h"

namespace joist::installer {
namespace {

// Hosts pin the key, not the certificate; twenty years is one machine's life.
constexpr std::chrono::hours kAuthorityLife{24 * 365 * 20};

Result<void> check_private(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return fail_errno(errno, path);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::Refused, path + " is not a regular file");
  }
  if ((status.st_mode & 0077) != 0) {
    return fail(ErrorCode::Refused,
                path +
                    " can be read or written by others: whoever has the key in it can be the "
                    "installer. If nobody has it, chmod 600 it; otherwise move it away and "
                    "join every host again");
  }
  return {};
}

Result<pki::Authority> read_authority(const std::string& path) {
  if (auto checked = check_private(path); !checked) return fail(checked.error(), "authority");
  auto text = SysRoot().read(path);
  if (!text) return fail(text.error(), "authority");
  const pki::Secret pem(std::move(*text));
  if (pem.empty()) {
    return fail(ErrorCode::Malformed,
                path +
                    " is empty: the authority's key was in it. Restore it from a copy; or move "
                    "it and installer.db away, and join every host again");
  }
  auto key = pki::key_from_pem(pem.reveal());
  if (!key) return fail(key.error(), path);
  auto certificate = pki::certificate_from_pem(pem.reveal());
  if (!certificate) return fail(certificate.error(), path);
  pki::Authority authority{std::move(*certificate), std::move(*key)};
  if (auto checked = pki::check_authority(authority); !checked) {
    return fail(checked.error(), path);
  }
  return authority;
}

Result<pki::Authority> make_new(const std::string& path, const std::string& name, WallTime now) {
  auto authority = pki::make_authority(name, now, kAuthorityLife);
  if (!authority) return authority;
  const auto key = pki::key_to_pem(authority->key);
  if (!key) return fail(key.error(), path);
  const pki::Secret text(key->reveal() + pki::certificate_to_pem(authority->certificate));
  if (auto written = write_durably(path, text.reveal(), 0600); !written) {
    return fail(written.error(), "keep the new authority");
  }
  const auto spki = pki::key_spki_sha256(authority->key);
  log(Priority::Notice, "made the authority of this installer",
      {{"file", path}, {"pin", spki ? to_base64url(*spki) : std::string()}});
  return authority;
}

}  // namespace

Result<pki::Authority> open_authority(const std::string& state_directory, const std::string& name,
                                      bool may_make, WallTime now) {
  const std::string path = state_directory + "/authority.pem";
  const bool exists = ::access(path.c_str(), F_OK) == 0;
  if (!exists && !may_make) {
    return fail(ErrorCode::Refused,
                path +
                    " is missing, but nodes have certificates it signed. Restore it from a "
                    "copy; or move installer.db away too, and join every host again");
  }
  auto authority = exists ? read_authority(path) : make_new(path, name, now);
  if (!authority) return authority;

  const std::string shown = state_directory + "/authority.crt";
  const std::string pem = pki::certificate_to_pem(authority->certificate);
  if (const auto current = SysRoot().read(shown); !current || *current != pem) {
    if (auto written = write_durably(shown, pem, 0644); !written) {
      return fail(written.error(), "show the authority's certificate");
    }
  }
  return authority;
}

}  // namespace joist::installer
