#include "installer/store_health.h"

namespace joist::installer {

StoreHealth::News StoreHealth::failed(Trouble trouble, const std::string& why, BootTime now) {
  const bool first = !fault_;
  failures_ = fault_ ? failures_ + 1 : 1;
  fault_ = (trouble == Trouble::Silent ? "does not answer: " : "cannot be written: ") + why;
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
