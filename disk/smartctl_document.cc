#include "disk/smartctl_document.h"

#include <google/protobuf/util/json_util.h>

#include <string>
#include <vector>

#include "base/printable.h"
#include "base/trimmed.h"

namespace joist::disk {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::size_t kTextMax = 80;
constexpr std::size_t kErrorMax = 300;
// Entries of a table. ATA has 30 attributes and some 80 statistics on 8 pages; the rest is
// vendors'.
constexpr int kEntriesMax = 64;
constexpr std::size_t kReportBytesMax = std::size_t{48} << 10;

void make_fit(Message& message);

void make_fit(Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    while (reflection.FieldSize(message, &field) > kEntriesMax) {
      reflection.RemoveLast(&message, &field);
    }
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return;
    for (int index = 0; index < reflection.FieldSize(message, &field); ++index) {
      make_fit(*reflection.MutableRepeatedMessage(&message, &field, index));
    }
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    make_fit(*reflection.MutableMessage(&message, &field));
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    const std::string text = reflection.GetString(message, &field);
    reflection.SetString(&message, &field, printable(trimmed(text), kTextMax));
  }
}

void make_fit(Message& message) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) make_fit(message, *field);
}

}  // namespace

Result<v1::SmartctlReport> parse_smartctl(std::string_view json) {
  if (trimmed(json).empty()) {
    return fail(ErrorCode::Malformed, "smartctl said nothing: it could not run, or was killed");
  }
  if (json.size() > kSmartctlBytesMax) {
    return fail(ErrorCode::Malformed,
                "smartctl said more than " + std::to_string(kSmartctlBytesMax) + " bytes");
  }
  v1::SmartctlReport report;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(
      google::protobuf::StringPiece(json.data(), json.size()), &report, options);
  if (!status.ok()) {
    return fail(ErrorCode::Malformed,
                "smartctl's answer is not the JSON it documents: " +
                    printable(std::string_view(status.message().data(), status.message().size()),
                              kErrorMax));
  }
  if (!report.has_smartctl()) {
    return fail(ErrorCode::Malformed,
                "smartctl's answer does not say how smartctl fared; is it before version 7?");
  }
  make_fit(report);
  if (report.ByteSizeLong() > kReportBytesMax) {
    // The judge needs neither, and no disk that was seen fills so much with them.
    report.clear_ata_device_statistics();
    report.clear_sata_phy_event_counters();
    report.clear_ata_smart_self_test_log();
  }
  return report;
}

}  // namespace joist::disk
