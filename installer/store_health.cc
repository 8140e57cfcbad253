#include "installer/store_health.h"

#include <utility>

namespace joist::installer {

StoreHealth::News StoreHealth::failed(std::string why, BootTime now) {
  const bool first = !fault_.has_value();
  fault_ = std::move(why);
  failures_ = first ? 1 : failures_ + 1;
  if (!first && now - told_ < kTellAgain) return News::None;
  told_ = now;
  return first ? News::Failed : News::StillFailing;
}

StoreHealth::News StoreHealth::succeeded() {
  if (!fault_) return News::None;
  fault_.reset();
  failures_ = 0;
  return News::Recovered;
}

}  // namespace joist::installer
