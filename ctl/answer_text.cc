#include "ctl/answer_text.h"

#include "base/message_text.h"

namespace joist::ctl {

std::string answer_text(Output output, const Screen& screen,
                        const google::protobuf::Message& answer,
                        const std::function<Page()>& page) {
  switch (output) {
    case Output::Json:
      return to_json(answer);
    case Output::Yaml:
      return to_yaml(answer);
    default:
      return render(page(), screen);
  }
}

}  // namespace joist::ctl
