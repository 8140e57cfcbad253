#include "base/report.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/sha256.h"

namespace joist {
namespace {

using v1::Delta;
using v1::Report;
using v1::ReportItem;

ReportItem item(const std::string& key, const std::string& value, int labels = 0) {
  ReportItem made;
  made.set_key(key);
  made.mutable_host()->set_name(value);
  for (int label = 0; label < labels; ++label) {
    (*made.mutable_host()->mutable_labels())["label" + std::to_string(label)] = value;
  }
  return made;
}

Report report(std::vector<ReportItem> items) { return make_report(std::move(items)).value(); }

TEST(MakeFittingReport, LeavesOutWhatDoesNotFitAndNothingElse) {
  const ReportLimits limits{.items_max = 3, .item_bytes_max = 100, .key_bytes_max = 8};
  std::vector<std::string> left_out;
  const auto made = make_fitting_report(
      {item("c", "1"), item("b", std::string(200, 'v')), item("long key!", "1"), item("a", "1"),
       item("a", "2"), item("", "1"), item("d", "1"), item("e", "1")},
      left_out, limits);
  EXPECT_EQ(made.digest(), report({item("a", "1"), item("c", "1"), item("d", "1")}).digest());
  ASSERT_EQ(left_out.size(), 5U);
  EXPECT_NE(left_out[0].find("\"b\": "), std::string::npos) << left_out[0];
  EXPECT_NE(left_out[1].find("key longer than 8 bytes"), std::string::npos) << left_out[1];
  EXPECT_NE(left_out[2].find("\"a\": there twice"), std::string::npos) << left_out[2];
  EXPECT_NE(left_out[3].find("without a key"), std::string::npos) << left_out[3];
  EXPECT_NE(left_out[4].find("\"e\": more than 3 items"), std::string::npos) << left_out[4];
}

// Counted as the report's own limit is: neither a byte more nor less.
TEST(MakeFittingReport, FillsTheBytesThereAre) {
  const Report whole = report({item("a", "1"), item("b", std::string(300, 'v'))});
  Report bare;
  *bare.mutable_items() = whole.items();
  std::vector<std::string> left_out;
  ReportLimits limits{.bytes_max = bare.ByteSizeLong()};
  const std::vector<ReportItem> items{whole.items().begin(), whole.items().end()};
  EXPECT_EQ(make_fitting_report(items, left_out, limits).digest(), whole.digest());
  EXPECT_TRUE(left_out.empty());
  --limits.bytes_max;
  EXPECT_EQ(make_fitting_report(items, left_out, limits).digest(),
            report({item("a", "1")}).digest());
  EXPECT_EQ(left_out.size(), 1U);
}

// What a person would compute: the message itself, serialised deterministically.
std::string digest_by_hand(const Report& whole) {
  Report bare;
  *bare.mutable_items() = whole.items();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    bare.SerializeToCodedStream(&coded);
  }
  return sha256(bytes);
}

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(engine_); }

  Report some_report(int keys) {
    std::map<std::string, ReportItem> items;
    for (int count = below(keys + 1); count > 0; --count) {
      const std::string key = "key/" + std::to_string(below(keys));
      items[key] = item(
          key, std::string(static_cast<std::size_t>(below(40)), 'v') + std::to_string(below(3)),
          below(4));
    }
    std::vector<ReportItem> list;
    for (const auto& [key, value] : items) list.push_back(value);
    std::shuffle(list.begin(), list.end(), engine_);
    return report(std::move(list));
  }

 private:
  std::mt19937 engine_;
};

TEST(Report, IsSortedAndDigestedWhateverTheOrder) {
  const Report one = report({item("b", "2", 3), item("a", "1")});
  const Report two = report({item("a", "1"), item("b", "2", 3)});
  EXPECT_EQ(one.items(0).key(), "a");
  EXPECT_EQ(one.digest(), two.digest());
  EXPECT_EQ(one.digest(), digest_by_hand(one));
  EXPECT_EQ(one.digest(), report_digest(one.items()));
  EXPECT_NE(one.digest(), report({item("a", "1"), item("b", "3", 3)}).digest());
  EXPECT_EQ(report({}).digest(), sha256(""));
}

TEST(Report, RefusesWhatBreaksALimit) {
  const auto refused = [](std::vector<ReportItem> items, const ReportLimits& limits = {}) {
    const auto made = make_report(std::move(items), limits);
    return !made && made.error().code == ErrorCode::Malformed;
  };
  EXPECT_TRUE(refused({item("a", ""), item("a", "")}));
  EXPECT_TRUE(refused({item("", "")}));
  EXPECT_TRUE(refused({item(std::string(513, 'k'), "")}));
  EXPECT_TRUE(refused({item("a", std::string(300'000, 'v'))}));
  EXPECT_TRUE(refused({item("a", ""), item("b", "")}, {.items_max = 1}));
  EXPECT_TRUE(refused({item("a", std::string(100, 'v'))}, {.bytes_max = 100}));
}

// Goal: apply(from, diff(from, to)) is `to`, for any two reports, and both
// sides come to the digest on their own.
TEST(Delta, LeadsFromAnyReportToAnyOther) {
  Random random(20240713);
  for (int round = 0; round < 500; ++round) {
    SCOPED_TRACE(round);
    const Report from = round % 7 == 0 ? Report() : random.some_report(12);
    const Report to = random.some_report(12);
    Delta delta = diff(from, to);
    delta.set_seq(9);
    const auto applied = apply(from, delta);
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
    EXPECT_EQ(applied->digest(), to.digest());
    EXPECT_EQ(applied->seq(), 9U);
    EXPECT_EQ(applied->items_size(), to.items_size());
    EXPECT_EQ(is_empty(diff(*applied, to)), true);
    EXPECT_EQ(is_empty(delta), from.digest() == to.digest());
  }
}

// Goal: a report too large for one frame arrives in several, each a valid step.
TEST(Delta, LeadsPartOfTheWayWhenTheWholeIsTooLarge) {
  Random random(7);
  int most_steps = 0;
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE(round);
    Report held = round % 3 == 0 ? Report() : random.some_report(30);
    const Report to = random.some_report(30);
    int steps = 0;
    while (held.digest() != to.digest()) {
      ASSERT_LT(++steps, 100);
      const Delta delta = diff(held, to, 400);
      EXPECT_LE(delta.ByteSizeLong(), 400U);
      const auto applied = apply(held, delta);
      ASSERT_TRUE(applied.has_value()) << applied.error().message;
      held = *applied;
    }
    most_steps = std::max(most_steps, steps);
  }
  EXPECT_GT(most_steps, 3);
}

TEST(Delta, KeepsTheLargestReportWithinAFrame) {
  std::vector<ReportItem> items;
  for (int index = 0; index < 31; ++index) {
    items.push_back(item("key/" + std::to_string(index), std::string(250'000, 'v')));
  }
  const Report to = report(std::move(items));
  Report held;
  int steps = 0;
  while (held.digest() != to.digest()) {
    const Delta delta = diff(held, to);
    EXPECT_LE(delta.ByteSizeLong(), kDeltaBytesMax);
    held = apply(held, delta).value();
    ++steps;
  }
  EXPECT_EQ(steps, 11);
}

TEST(Delta, FromAnotherReportIsRefused) {
  const Report a = report({item("a", "1")});
  const Report b = report({item("a", "2")});
  const Report c = report({item("a", "3")});
  EXPECT_EQ(apply(c, diff(a, b)).error().code, ErrorCode::Refused);
  EXPECT_EQ(apply(Report(), diff(a, b)).error().code, ErrorCode::Refused);
}

TEST(Delta, FromNothingStartsFromNothing) {
  const Report held = report({item("old", "1")});
  const Report to = report({item("new", "2")});
  EXPECT_EQ(apply(held, diff(Report(), to))->digest(), to.digest());
}

TEST(Delta, ToAnotherReportThanItClaimsIsRefused) {
  const Report a = report({item("a", "1")});
  Delta delta = diff(a, report({item("a", "2")}));
  delta.set_digest(std::string(32, 'x'));
  EXPECT_EQ(apply(a, delta).error().code, ErrorCode::Refused);
  // Asking for all of it would be answered by the same again.
  delta = diff(Report(), a);
  delta.set_digest(std::string(32, 'x'));
  EXPECT_EQ(apply(a, delta).error().code, ErrorCode::Malformed);
}

TEST(Delta, ThatIsNoneIsMalformed) {
  const Report a = report({item("a", "1"), item("b", "1")});
  const auto refused = [&](auto change) {
    Delta delta = diff(a, report({item("a", "2"), item("b", "2")}));
    change(delta);
    const auto applied = apply(a, delta);
    return !applied && applied.error().code == ErrorCode::Malformed;
  };
  EXPECT_TRUE(refused([](Delta& d) { d.mutable_changed()->SwapElements(0, 1); }));
  EXPECT_TRUE(refused([](Delta& d) { d.mutable_changed(1)->set_key("a"); }));
  EXPECT_TRUE(refused([](Delta& d) { d.mutable_changed(0)->set_key(""); }));
  EXPECT_TRUE(refused([](Delta& d) { d.add_removed("c"); }));
  EXPECT_TRUE(refused([](Delta& d) { d.add_removed(""); }));
  EXPECT_TRUE(refused([](Delta& d) { d.add_removed("b"); }));
  EXPECT_TRUE(refused([](Delta& d) {
    d.add_removed("b");
    d.add_removed("a");
  }));
  const ReportLimits small{.items_max = 1};
  EXPECT_EQ(apply(Report(), diff(Report(), a), small).error().code, ErrorCode::Malformed);
}

// An older installer must come to the digest of a newer agent.
TEST(Report, KeepsFieldsItDoesNotKnow) {
  Report newer = report({item("a", "1")});
  ReportItem* with_more = newer.mutable_items(0);
  with_more->mutable_host()
      ->GetReflection()
      ->MutableUnknownFields(with_more->mutable_host())
      ->AddLengthDelimited(900, "from the future");
  newer.set_digest(report_digest(newer.items()));
  Delta received;
  ASSERT_TRUE(received.ParseFromString(diff(Report(), newer).SerializeAsString()));
  const auto applied = apply(Report(), received);
  ASSERT_TRUE(applied.has_value()) << applied.error().message;
  EXPECT_EQ(applied->digest(), newer.digest());
}

}  // namespace
}  // namespace joist
