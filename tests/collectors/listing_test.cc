// Goal: entries are found again whatever the source does with their order, and each pass shows
// what it had, in its order, once.
#include "collectors/listing.h"

#include <gtest/gtest.h>

#include <string>

namespace joist::collectors {
namespace {

struct Entry {
  std::string key;
  int made;
};

class ListingPass : public testing::Test {
 protected:
  // "a1 b1 ", a name and how many were made before it; "-" for one that was there before.
  std::string pass(const std::vector<std::string>& keys) {
    listing_.restart();
    std::string text;
    for (const std::string& key : keys) {
      const Entry* const entry = listing_.next(key, [&] { return Entry{key, made_++}; });
      text += entry == nullptr ? "- " : entry->key + std::to_string(entry->made) + " ";
    }
    listing_.finish();
    return text;
  }
  std::string listed() const {
    std::string text;
    for (const auto& entry : listing_) text += entry->key;
    return text;
  }

  Listing<Entry> listing_;
  int made_ = 0;
};

TEST_F(ListingPass, FindsWhatItHadAndForgetsTheRest) {
  EXPECT_EQ(pass({"a", "b", "c"}), "a0 b1 c2 ");
  EXPECT_EQ(pass({"a", "b", "c"}), "a0 b1 c2 ");
  EXPECT_EQ(pass({"b", "c"}), "b1 c2 ");
  EXPECT_EQ(pass({"a", "b", "c"}), "a3 b1 c2 ") << "a was forgotten";
  EXPECT_EQ(pass({"a", "x", "b", "c"}), "a3 x4 b1 c2 ");
  EXPECT_EQ(pass({"c", "b", "x", "a"}), "c2 b1 x4 a3 ");
  EXPECT_EQ(listed(), "cbxa");
  EXPECT_EQ(pass({}), "");
  EXPECT_EQ(listed(), "");
  EXPECT_EQ(pass({"a"}), "a5 ");
}

TEST_F(ListingPass, ShowsAKeyOnce) {
  EXPECT_EQ(pass({"a", "a", "b", "a"}), "a0 - b1 - ");
  EXPECT_EQ(pass({"a", "a", "b", "a"}), "a0 - b1 - ");
  EXPECT_EQ(pass({"b", "a", "b"}), "b1 a0 - ");
  EXPECT_EQ(listed(), "ba");
}

TEST_F(ListingPass, GoesOnAfterOneThatBrokeOff) {
  pass({"a", "b", "c"});
  listing_.restart();
  listing_.next("x", [&] { return Entry{"x", made_++}; });
  EXPECT_EQ(pass({"a", "b", "c"}), "a0 b1 c2 ");
  EXPECT_EQ(listed(), "abc");
  EXPECT_EQ(pass({"x"}), "x4 ") << "x was forgotten";
}

// Not a time: what was quadratic took minutes.
TEST_F(ListingPass, BearsARouteThatGoes) {
  std::vector<std::string> keys;
  for (int key = 0; key < 100'000; ++key) keys.push_back(std::to_string(key));
  pass(keys);
  keys.erase(keys.begin());
  pass(keys);
  keys.insert(keys.begin() + 50'000, "new");
  pass(keys);
  EXPECT_EQ(made_, 100'001);
}

}  // namespace
}  // namespace joist::collectors
