// smartctl's documents for tests: tests/fixtures/health/.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "disk/smartctl_document.h"

namespace joist::support {

inline std::string health_json(const std::string& name) {
  std::ifstream file(std::string(JOIST_FIXTURE_DIR) + "/health/" + name + ".json");
  EXPECT_TRUE(file.is_open()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline v1::SmartctlReport health_report(const std::string& name) {
  const auto report = disk::parse_smartctl(health_json(name));
  EXPECT_TRUE(report.has_value()) << report.error().message;
  return report.value_or(v1::SmartctlReport());
}

}  // namespace joist::support
