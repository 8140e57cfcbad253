#include "collectors/kernel/system_bus.h"

#include <systemd/sd-bus.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace joist::collectors {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

// dbus-daemon refuses a client that waits for more than 128 answers at once.
constexpr std::size_t kUnansweredMax = 64;

struct Free {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Free>;

struct Question {
  BusProperty* property;
  std::size_t* unanswered;
};

int read_property(sd_bus_message* reply, BusProperty& property) {
  const char type[] = {property.type, '\0'};
  int error = sd_bus_message_enter_container(reply, 'v', type);
  if (error < 0) return error;
  if (property.type == 's') {
    const char* text = nullptr;
    error = sd_bus_message_read_basic(reply, 's', &text);
    if (error >= 0) property.text = text;
  } else if (property.type == 't') {
    error = sd_bus_message_read_basic(reply, 't', &property.number);
  } else {  // 'u' and 'b' are 32 bits
    std::uint32_t number = 0;
    error = sd_bus_message_read_basic(reply, property.type, &number);
    property.number = number;
  }
  property.answered = error >= 0;
  return error;
}

// A property that is none is left unanswered; that is no error of the bus.
int take_answer(sd_bus_message* reply, void* data, sd_bus_error*) {
  const Question& question = *static_cast<Question*>(data);
  --*question.unanswered;
  if (sd_bus_message_is_method_error(reply, nullptr) == 0) {
    read_property(reply, *question.property);
  }
  return 0;
}

struct Call {
  const std::function<int(sd_bus_message*)>& read;
  bool over = false;
  int error = 0;
  std::string refusal;
};

int take_reply(sd_bus_message* reply, void* data, sd_bus_error*) {
  Call& call = *static_cast<Call*>(data);
  call.over = true;
  if (sd_bus_message_is_method_error(reply, nullptr) > 0) {
    const sd_bus_error* const error = sd_bus_message_get_error(reply);
    call.refusal = error->message != nullptr ? error->message : error->name;
  } else {
    call.error = std::min(call.read(reply), 0);
  }
  return 0;
}

std::uint64_t left_until(steady_clock::time_point end) {
  const auto left = std::chrono::duration_cast<microseconds>(end - steady_clock::now());
  return static_cast<std::uint64_t>(std::max<microseconds::rep>(left.count(), 0));
}

}  // namespace

void SystemBus::Close::operator()(sd_bus* bus) const {
  sd_bus_close(bus);  // without waiting for what was not sent
  sd_bus_unref(bus);
}

SystemBus::SystemBus(const char* service) : service_(service) {}
SystemBus::~SystemBus() = default;

tl::unexpected<Error> SystemBus::give_up(int error_number, std::string_view what) {
  bus_.reset();  // a late answer would be taken for another
  return fail_errno(error_number, std::string(service_) + ": " + std::string(what));
}

Result<void> SystemBus::begin(std::chrono::milliseconds limit) {
  end_ = steady_clock::now() + limit;
  if (bus_ && sd_bus_is_open(bus_.get()) > 0) return {};

  sd_bus* bus = nullptr;
  const int error = sd_bus_open_system(&bus);
  if (error < 0) {
    if (error == -ENOENT || error == -ECONNREFUSED) {
      return fail(ErrorCode::NotFound, "no system bus");
    }
    return give_up(-error, "connect to the system bus");
  }
  bus_.reset(bus);
  // Authentication and Hello are part of the time limit, which sd_bus_call() would not heed.
  return process_until([&] { return sd_bus_is_ready(bus_.get()) != 0; });
}

Result<void> SystemBus::process_until(const std::function<bool()>& done) {
  while (!done()) {
    const int progress = sd_bus_process(bus_.get(), nullptr);
    if (progress < 0) return give_up(-progress, "the system bus is gone");
    if (progress > 0) continue;
    const std::uint64_t left = left_until(end_);
    const int woken = left == 0 ? 0 : sd_bus_wait(bus_.get(), left);
    if (woken < 0 && woken != -EINTR) return give_up(-woken, "wait for the system bus");
    if (left == 0) {
      bus_.reset();
      return fail(ErrorCode::Unavailable, std::string(service_) + " does not answer");
    }
  }
  return {};
}

Result<void> SystemBus::call(const char* path, const char* interface, const char* method,
                             const std::function<int(sd_bus_message*)>& read) {
  Call call{read, false, 0, {}};
  sd_bus_slot* slot = nullptr;
  const int error = sd_bus_call_method_async(bus_.get(), &slot, service_, path, interface, method,
                                             take_reply, &call, "");
  if (error < 0) return give_up(-error, method);
  const std::unique_ptr<sd_bus_slot, decltype(&sd_bus_slot_unref)> pending(slot, sd_bus_slot_unref);
  if (auto came = process_until([&] { return call.over; }); !came) return came;
  if (!call.refusal.empty()) {
    return fail(ErrorCode::Unavailable, std::string(service_) + ": " + call.refusal);
  }
  if (call.error < 0) {
    return fail(ErrorCode::Malformed, std::string(method) + ": the answer is not as documented");
  }
  return {};
}

Result<void> SystemBus::ask(std::span<BusProperty> properties) {
  std::size_t unanswered = 0;
  std::vector<Question> questions;
  questions.reserve(properties.size());  // sd-bus keeps their addresses
  using Slot = std::unique_ptr<sd_bus_slot, decltype(&sd_bus_slot_unref)>;
  std::vector<Slot> pending;  // forgotten with the questions
  pending.reserve(properties.size());

  for (BusProperty& property : properties) {
    property.answered = false;
    if (auto room = process_until([&] { return unanswered < kUnansweredMax; }); !room) {
      return room;
    }
    questions.push_back({&property, &unanswered});
    sd_bus_slot* slot = nullptr;
    const int error = sd_bus_call_method_async(
        bus_.get(), &slot, service_, property.path.c_str(), "org.freedesktop.DBus.Properties",
        "Get", take_answer, &questions.back(), "ss", property.interface, property.name);
    if (error < 0) return give_up(-error, property.name);
    pending.emplace_back(slot, sd_bus_slot_unref);
    ++unanswered;
  }
  return process_until([&] { return unanswered == 0; });
}

}  // namespace joist::collectors
