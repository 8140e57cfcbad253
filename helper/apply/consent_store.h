// What root consented to at this host, until it is used or expires: consents/<digest in hex>; and
// which of the signed consents that came along were used: consents/used-<what was signed>.
// One writer: joist-apply.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "joist/v1/plan.pb.h"

namespace joist::apply {

class ConsentStore {
 public:
  explicit ConsentStore(std::string directory) : directory_(std::move(directory)) {}

  Result<void> keep(const v1::Consent& consent) const;

  // NotFound: nobody consented to a plan of that digest, or it is too long ago. Malformed: damaged.
  Result<v1::Consent> find(const std::string& digest, WallTime now) const;

  // It has been used: a consent is for once, also where an undo makes the plan what it was.
  Result<void> use_up(const v1::Consent& consent) const;

  // Whether a signed one was, as far as can be read: what cannot be read was.
  bool was_used(const v1::Consent& consent) const;

 private:
  std::string path(const std::string& digest) const;
  std::string used_path(const v1::Consent& consent) const;

  std::string directory_;
};

}  // namespace joist::apply
