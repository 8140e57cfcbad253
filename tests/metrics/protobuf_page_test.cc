// Method: what was written by hand is read back by libprotobuf, with the schema of
// client_model as this file has it.
#include "metrics/protobuf_page.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/coded_stream.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace joist::metrics {
namespace {

namespace pb = google::protobuf;

using Field = pb::FieldDescriptorProto;

struct SchemaField {
  const char* message;
  const char* name;
  int number;
  Field::Type type;
  const char* of = nullptr;  // the type's name, of messages and enums
  Field::Label label = Field::LABEL_OPTIONAL;
};

constexpr SchemaField kSchema[] = {
    {"LabelPair", "name", 1, Field::TYPE_STRING},
    {"LabelPair", "value", 2, Field::TYPE_STRING},
    {"Gauge", "value", 1, Field::TYPE_DOUBLE},
    {"Counter", "value", 1, Field::TYPE_DOUBLE},
    {"Untyped", "value", 1, Field::TYPE_DOUBLE},
    {"Quantile", "quantile", 1, Field::TYPE_DOUBLE},
    {"Quantile", "value", 2, Field::TYPE_DOUBLE},
    {"Summary", "sample_count", 1, Field::TYPE_UINT64},
    {"Summary", "sample_sum", 2, Field::TYPE_DOUBLE},
    {"Summary", "quantile", 3, Field::TYPE_MESSAGE, "Quantile", Field::LABEL_REPEATED},
    {"Bucket", "cumulative_count", 1, Field::TYPE_UINT64},
    {"Bucket", "upper_bound", 2, Field::TYPE_DOUBLE},
    {"Histogram", "sample_count", 1, Field::TYPE_UINT64},
    {"Histogram", "sample_sum", 2, Field::TYPE_DOUBLE},
    {"Histogram", "bucket", 3, Field::TYPE_MESSAGE, "Bucket", Field::LABEL_REPEATED},
    {"Metric", "label", 1, Field::TYPE_MESSAGE, "LabelPair", Field::LABEL_REPEATED},
    {"Metric", "gauge", 2, Field::TYPE_MESSAGE, "Gauge"},
    {"Metric", "counter", 3, Field::TYPE_MESSAGE, "Counter"},
    {"Metric", "summary", 4, Field::TYPE_MESSAGE, "Summary"},
    {"Metric", "untyped", 5, Field::TYPE_MESSAGE, "Untyped"},
    {"Metric", "timestamp_ms", 6, Field::TYPE_INT64},
    {"Metric", "histogram", 7, Field::TYPE_MESSAGE, "Histogram"},
    {"MetricFamily", "name", 1, Field::TYPE_STRING},
    {"MetricFamily", "help", 2, Field::TYPE_STRING},
    {"MetricFamily", "type", 3, Field::TYPE_ENUM, "MetricType"},
    {"MetricFamily", "metric", 4, Field::TYPE_MESSAGE, "Metric", Field::LABEL_REPEATED},
};

pb::FileDescriptorProto schema() {
  pb::FileDescriptorProto file;
  file.set_name("metrics.proto");
  auto* const types = file.add_enum_type();
  types->set_name("MetricType");
  for (const char* const name : {"COUNTER", "GAUGE", "SUMMARY", "UNTYPED", "HISTOGRAM"}) {
    auto* const value = types->add_value();
    value->set_number(types->value_size() - 1);
    value->set_name(name);
  }
  for (const SchemaField& one : kSchema) {
    const int last = file.message_type_size() - 1;
    const bool same = last >= 0 && file.message_type(last).name() == one.message;
    auto* const message = same ? file.mutable_message_type(last) : file.add_message_type();
    message->set_name(one.message);
    auto* const field = message->add_field();
    field->set_name(one.name);
    field->set_number(one.number);
    field->set_type(one.type);
    field->set_label(one.label);
    if (one.of != nullptr) field->set_type_name(one.of);
  }
  return file;
}

class ProtobufPage : public testing::Test {
 protected:
  ProtobufPage() : family_(pool_.BuildFile(schema())->FindMessageTypeByName("MetricFamily")) {}

  // The families, one a line, as protobuf's text.
  std::string read_back(std::string_view page) {
    std::string bytes = "what was there";
    to_protobuf(page, bytes);
    const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    pb::io::CodedInputStream input(data, static_cast<int>(bytes.size()));
    std::string text;
    std::uint32_t length = 0;
    while (input.ReadVarint32(&length)) {
      const auto limit = input.PushLimit(static_cast<int>(length));
      const std::unique_ptr<pb::Message> family(factory_.GetPrototype(family_)->New());
      EXPECT_TRUE(family->ParseFromCodedStream(&input));
      EXPECT_TRUE(family->GetReflection()->GetUnknownFields(*family).empty());
      input.PopLimit(limit);
      text += family->ShortDebugString() + "\n";
    }
    EXPECT_EQ(input.CurrentPosition(), static_cast<int>(bytes.size()));
    return text;
  }

 private:
  pb::DescriptorPool pool_;
  pb::DynamicMessageFactory factory_;
  const pb::Descriptor* family_;
};

TEST_F(ProtobufPage, HoldsTheValuesOfEveryType) {
  EXPECT_EQ(read_back("# HELP c_total Some \\\\ help\\nhere.\n# TYPE c_total counter\n"
                      "c_total{a=\"x\\\"y\\\\z\\n\",b=\"\"} 1.5e+06\nc_total 2 -1\n"
                      "# TYPE g gauge\ng -Inf\n# TYPE u untyped\nu NaN\n"),
            "name: \"c_total\" help: \"Some \\\\ help\\nhere.\" type: COUNTER "
            "metric { label { name: \"a\" value: \"x\\\"y\\\\z\\n\" } "
            "label { name: \"b\" value: \"\" } counter { value: 1500000 } } "
            "metric { counter { value: 2 } timestamp_ms: -1 }\n"
            "name: \"g\" type: GAUGE metric { gauge { value: -inf } }\n"
            "name: \"u\" type: UNTYPED metric { untyped { value: nan } }\n");
}

TEST_F(ProtobufPage, GathersTheLinesOfAHistogram) {
  EXPECT_EQ(read_back("# TYPE h histogram\n"
                      "h_bucket{x=\"1\",le=\"0.5\"} 1\nh_bucket{x=\"1\",le=\"+Inf\"} 3\n"
                      "h_sum{x=\"1\"} 2.5\nh_count{x=\"1\"} 3\n"
                      "h_bucket{x=\"2\",le=\"+Inf\"} 0\nh_sum{x=\"2\"} 0\nh_count{x=\"2\"} 0\n"
                      "# TYPE s summary\ns{quantile=\"0.9\"} 4\ns_sum 8\ns_count 2\n"),
            "name: \"h\" type: HISTOGRAM "
            "metric { label { name: \"x\" value: \"1\" } histogram { "
            "sample_count: 3 sample_sum: 2.5 "
            "bucket { cumulative_count: 1 upper_bound: 0.5 } "
            "bucket { cumulative_count: 3 upper_bound: inf } } } "
            "metric { label { name: \"x\" value: \"2\" } histogram { "
            "sample_count: 0 sample_sum: 0 bucket { cumulative_count: 0 upper_bound: inf } } }\n"
            "name: \"s\" type: SUMMARY metric { summary { sample_count: 2 sample_sum: 8 "
            "quantile { quantile: 0.9 value: 4 } } }\n");
}

TEST_F(ProtobufPage, LeavesOutWhatIsNoSample) {
  EXPECT_EQ(read_back("a 1\n# TYPE a gauge\na x\na{b 1\na 1 2 3\nab 1\na 7\n# TYPE b nonsense\n"
                      "b 1\n# HELP c Nothing.\n# TYPE c gauge\n"),
            "name: \"a\" type: GAUGE metric { gauge { value: 7 } }\n");
}

}  // namespace
}  // namespace joist::metrics
