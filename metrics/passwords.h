// Users and the bcrypt hashes of their passwords ($2a$, $2b$, $2y$), and who was right
// before: one check costs 70 ms at the usual cost, and Prometheus asks every few seconds.
//
// An unknown user costs as long as a wrong password. What is remembered is the SHA-256 of
// user, hash and password. Threads: any.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace joist::metrics {

class Passwords {
 public:
  // `hashes` by user. Malformed, naming the user, where one is no bcrypt hash.
  static Result<std::shared_ptr<Passwords>> make(std::map<std::string, std::string> hashes);

  bool empty() const { return hashes_.empty(); }

  // What checking said before, if it is remembered.
  std::optional<bool> remembered(const std::string& user, const std::string& password) const;

  // Computes: call it where waiting hurts nobody.
  bool check(const std::string& user, const std::string& password);

 private:
  explicit Passwords(std::map<std::string, std::string> hashes) : hashes_(std::move(hashes)) {}
  std::string key(const std::string& user, const std::string& password) const;

  const std::map<std::string, std::string> hashes_;
  mutable std::mutex mutex_;
  std::map<std::string, bool> verdicts_;
};

// User and password of an Authorization header ("Basic …"); nothing if it is none.
struct Credentials {
  std::string user;
  std::string password;
};
std::optional<Credentials> basic_credentials(std::string_view authorization);

}  // namespace joist::metrics
