// An answer in the form that -o asked for. Pure.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <string>

#include "ctl/command_line.h"
#include "ctl/page.h"

namespace joist::ctl {

std::string answer_text(Output output, const Screen& screen,
                        const google::protobuf::Message& answer, const std::function<Page()>& page);

}  // namespace joist::ctl
