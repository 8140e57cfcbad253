// What root consented to at this host, until it is used or expires: consents/<digest in hex>.
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

  // It has been used: a consent is for once.
  Result<void> use_up(const std::string& digest) const;

 private:
  std::string path(const std::string& digest) const;

  std::string directory_;
};

}  // namespace joist::apply
