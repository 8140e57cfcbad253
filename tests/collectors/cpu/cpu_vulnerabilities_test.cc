#include "collectors/cpu/cpu_vulnerabilities.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TEST(Vulnerability, HasAStateAndWhatIsDone) {
  const auto expect = [](std::string_view text, std::string_view state,
                         std::string_view mitigation) {
    const Vulnerability parsed = parse_vulnerability(text);
    EXPECT_EQ(parsed.state, state) << text;
    EXPECT_EQ(parsed.mitigation, mitigation) << text;
  };
  expect("Not affected", "not affected", "");
  expect("Vulnerable", "vulnerable", "");
  expect("Vulnerable: No microcode", "vulnerable", "No microcode");
  expect("Mitigation: PTI", "mitigation", "PTI");
  expect("Mitigation; a; b", "mitigation", "; a; b");
  expect("Unknown: No mitigations", "unknown", "Unknown: No mitigations");
  expect("", "unknown", "");
}

}  // namespace
}  // namespace joist::collectors
