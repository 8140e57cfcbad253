// Goal: who may ask what, which consents hold, what a journal must be to be believed, and how a
// mount is written down. Method: tables, and files in a directory of the test's own; keys made
// here.
#include <gtest/gtest.h>

#include <fstream>

#include "base/seqpacket.h"
#include "base/sha256.h"
#include "base/wall_time.h"
#include "helper/apply/consent_signature.h"
#include "helper/apply/consent_store.h"
#include "helper/apply/job_store.h"
#include "helper/apply/mount_place.h"
#include "helper/apply/program.h"
#include "helper/apply/request.h"
#include "tests/support/consent_key.h"
#include "tests/support/temp_root.h"

namespace joist::apply {
namespace {

using std::chrono::seconds;
using support::TempRoot;

const WallTime kNow = WallTime(seconds(1'800'000'000));
const std::string kDigest(32, '\x5a');

v1::ApplyRequest request_of(const std::string& what) {
  v1::ApplyRequest request;
  if (what == "approve") request.mutable_approve();
  if (what == "apply") request.mutable_apply();
  if (what == "undo") request.mutable_undo();
  if (what == "cancel") request.mutable_cancel();
  if (what == "jobs") request.mutable_jobs();
  if (what == "preview") request.mutable_preview();
  return request;
}

TEST(CheckAllowed, KeepsConsentUndoAndCancelForRoot) {
  for (const std::string what : {"approve", "undo", "cancel"}) {
    EXPECT_TRUE(check_allowed(request_of(what), 0).has_value()) << what;
    const auto refused = check_allowed(request_of(what), 999);
    ASSERT_FALSE(refused.has_value()) << what;
    EXPECT_EQ(refused.error().code, ErrorCode::Refused);
  }
  for (const std::string what : {"apply", "jobs", "preview"}) {
    EXPECT_TRUE(check_allowed(request_of(what), 999).has_value()) << what;
  }
}

TEST(ParseRequest, RefusesWhatBreaksItsRules) {
  EXPECT_FALSE(parse_request("\xff\xff").has_value());
  EXPECT_FALSE(parse_request("").has_value());
  EXPECT_FALSE(parse_request(v1::ApplyRequest().SerializeAsString()).has_value());
  v1::ApplyRequest request;
  request.mutable_approve()->mutable_plan()->set_digest(kDigest);
  EXPECT_TRUE(parse_request(request.SerializeAsString()).has_value());
  request.mutable_approve()->mutable_plan()->clear_digest();
  EXPECT_FALSE(parse_request(request.SerializeAsString()).has_value());
  request.mutable_approve()->mutable_plan()->set_digest(kDigest + "x");
  EXPECT_FALSE(parse_request(request.SerializeAsString()).has_value());
  request.mutable_approve()->mutable_plan()->set_digest(kDigest);
  request.mutable_approve()->mutable_time_to_live()->set_seconds(0);
  EXPECT_FALSE(parse_request(request.SerializeAsString()).has_value());
  request.mutable_approve()->mutable_time_to_live()->set_seconds(600);
  request.mutable_approve()->mutable_plan()->mutable_spec()->add_uses()->set_name("no kind");
  EXPECT_FALSE(parse_request(request.SerializeAsString()).has_value());
}

TEST(PlanToShow, FitsADatagram) {
  v1::DiskPlan plan;
  plan.set_digest(kDigest);
  for (int number = 0; number < 60; ++number) {
    v1::PlannedDisk& disk = *plan.add_disks();
    disk.set_name("sd" + std::to_string(number));
    if (number % 2 == 0) disk.add_steps()->set_summary("clear it");
    for (int line = 0; line < 64; ++line) disk.add_found(std::string(80, 'x'));
  }
  const auto shown = plan_to_show(plan);
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->disks_size(), 30);
  EXPECT_EQ(shown->digest(), kDigest);
  EXPECT_LT(shown->ByteSizeLong(), kDatagramBytesMax - 1024);
  const std::string& last = shown->disks(0).found(shown->disks(0).found_size() - 1);
  EXPECT_TRUE(last.starts_with("and ") && last.ends_with(" more")) << last;
}

TEST(JobsToShow, SaysWhereItCut) {
  std::vector<v1::DiskJob> jobs(2000);
  for (v1::DiskJob& job : jobs) job.set_problem(std::string(100, 'x'));
  const auto shown = jobs_to_show(jobs);
  EXPECT_TRUE(shown.truncated());
  EXPECT_GT(shown.jobs_size(), 100);
  EXPECT_LT(shown.ByteSizeLong(), kDatagramBytesMax);
}

TEST(MakeJobId, IsOneThatTheStoreTakes) {
  const std::string id = make_job_id("wwn:naa.5000c50015ea71ac", kNow);
  EXPECT_TRUE(id.starts_with("20270115T080000000Z-")) << id;
  EXPECT_TRUE(JobStore::is_id(id));
  EXPECT_FALSE(JobStore::is_id("../etc"));
  EXPECT_FALSE(JobStore::is_id(""));
  EXPECT_FALSE(JobStore::is_id("a/b"));
  EXPECT_FALSE(JobStore::is_id(std::string(65, 'a')));
}

// systemd-escape --path --suffix=mount (systemd 252).
TEST(MountUnitName, IsAsSystemdEscapesIt) {
  EXPECT_EQ(mount_unit_name("/data"), "data.mount");
  EXPECT_EQ(mount_unit_name("/data/scratch"), "data-scratch.mount");
  EXPECT_EQ(mount_unit_name("/var/lib/longhorn-disks/1a2b3c4d"),
            "var-lib-longhorn\\x2ddisks-1a2b3c4d.mount");
  EXPECT_EQ(mount_unit_name("/srv/a.b_c:d@e"), "srv-a.b_c:d\\x40e.mount");
  EXPECT_EQ(mount_unit_name("/.hidden/.x"), "\\x2ehidden-.x.mount");
}

TEST(MountUnitText, NeedsNothingAtBoot) {
  v1::PlannedDisk planned;
  planned.set_use("volumes");
  planned.set_filesystem(v1::FILESYSTEM_XFS);
  planned.set_filesystem_uuid("0b5c-uuid");
  planned.set_mount_point("/var/lib/longhorn-disks/1a2b3c4d");
  const std::string text = mount_unit_text(planned);
  for (const char* line :
       {"DefaultDependencies=no\n", "What=/dev/disk/by-uuid/0b5c-uuid\n",
        "Where=/var/lib/longhorn-disks/1a2b3c4d\n", "Type=xfs\n", "WantedBy=multi-user.target\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(text.find("local-fs.target"), std::string::npos);
}

class SignedConsent : public testing::Test {
 protected:
  SignedConsent() {
    consent_.set_digest(kDigest);
    consent_.set_given_by("alice");
    *consent_.mutable_given_time() = to_timestamp(kNow - seconds(60));
    *consent_.mutable_expire_time() = to_timestamp(kNow + seconds(3600));
    key_.sign(consent_);
  }

  bool holds(WallTime now = kNow) const {
    return check_signed(consent_, kDigest, key_.pem(), now).has_value();
  }

  support::ConsentKey key_;
  v1::Consent consent_;
};

TEST_F(SignedConsent, HoldsAsItWasSigned) { EXPECT_TRUE(holds()); }

TEST_F(SignedConsent, IsWorthlessOnceAnythingInItChanged) {
  const v1::Consent good = consent_;
  consent_.set_given_by("mallory");
  EXPECT_FALSE(holds());
  consent_ = good;
  consent_.mutable_expire_time()->set_seconds(good.expire_time().seconds() + 1);
  EXPECT_FALSE(holds());
  consent_ = good;
  consent_.mutable_given_time()->set_seconds(good.given_time().seconds() - 1);
  EXPECT_FALSE(holds());
  for (std::size_t at = 0; at < good.signature().size(); ++at) {
    consent_ = good;
    (*consent_.mutable_signature())[at] = static_cast<char>(good.signature()[at] ^ 1);
    EXPECT_FALSE(holds()) << at;
  }
  consent_ = good;
  consent_.clear_signature();
  EXPECT_FALSE(holds());
}

TEST_F(SignedConsent, IsForOnePlanAndOneTime) {
  EXPECT_FALSE(check_signed(consent_, std::string(32, 'x'), key_.pem(), kNow).has_value());
  EXPECT_FALSE(holds(kNow + seconds(3601)));
  EXPECT_FALSE(holds(kNow - seconds(3600)));  // given in the future
  EXPECT_FALSE(check_signed(consent_, kDigest, "no key", kNow).has_value());
  support::ConsentKey().sign(consent_);
  EXPECT_FALSE(holds());
}

v1::Consent consent_until(WallTime expires) {
  v1::Consent consent;
  consent.set_digest(kDigest);
  consent.set_given_by("root");
  *consent.mutable_expire_time() = to_timestamp(expires);
  return consent;
}

TEST(ConsentStore, KeepsUntilUsedOrExpired) {
  const TempRoot root;
  const ConsentStore store(root.path().string());
  EXPECT_EQ(store.find(kDigest, kNow).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(store.keep(consent_until(kNow + seconds(60))).has_value());
  EXPECT_EQ(store.find(kDigest, kNow)->given_by(), "root");
  EXPECT_EQ(store.find(std::string(32, 'x'), kNow).error().code, ErrorCode::NotFound);
  const auto expired = store.find(kDigest, kNow + seconds(60));
  ASSERT_FALSE(expired.has_value());
  EXPECT_NE(expired.error().message.find("expired"), std::string::npos);
  ASSERT_TRUE(store.use_up(consent_until(kNow)).has_value());
  EXPECT_EQ(store.find(kDigest, kNow).error().code, ErrorCode::NotFound);
  EXPECT_TRUE(store.use_up(consent_until(kNow)).has_value());
}

TEST(ConsentStore, DoesNotReviveWithAClockThatGoesBack) {
  const TempRoot root;
  const ConsentStore store(root.path().string());
  v1::Consent consent = consent_until(kNow + seconds(60));
  *consent.mutable_given_time() = to_timestamp(kNow);
  ASSERT_TRUE(store.keep(consent).has_value());
  EXPECT_TRUE(store.find(kDigest, kNow - seconds(299)).has_value());
  EXPECT_EQ(store.find(kDigest, kNow - seconds(301)).error().code, ErrorCode::NotFound);
}

TEST(ConsentStore, RemembersWhichSignedOnesWereUsed) {
  const TempRoot root;
  const ConsentStore store(root.path().string());
  v1::Consent consent = consent_until(kNow + seconds(60));
  support::ConsentKey().sign(consent);
  EXPECT_FALSE(store.was_used(consent));
  ASSERT_TRUE(store.use_up(consent).has_value());
  EXPECT_TRUE(store.was_used(consent));
  // Not by how the signature is written, but by what was signed.
  consent.mutable_signature()->append("x");
  EXPECT_TRUE(store.was_used(consent));
  consent.mutable_given_time()->set_seconds(consent.given_time().seconds() + 1);
  EXPECT_FALSE(store.was_used(consent));
  // What cannot be read was used.
  std::ofstream(root.path() / ("used-" + to_hex(signed_bytes(consent)))) << "nonsense";
  EXPECT_TRUE(store.was_used(consent));
}

// One that was copied from another plan's, or changed, is none.
TEST(ConsentStore, RefusesWhatIsNotItsOwn) {
  const TempRoot root;
  const ConsentStore store(root.path().string());
  ASSERT_TRUE(store.keep(consent_until(kNow + seconds(60))).has_value());
  const std::string other(32, 'x');
  std::filesystem::copy(root.path() / to_hex(kDigest), root.path() / to_hex(other));
  EXPECT_EQ(store.find(other, kNow).error().code, ErrorCode::Malformed);
}

TEST(JobStore, ListsTheNewestFirstAndDamagedOnesByName) {
  const TempRoot root;
  const JobStore store(root.path().string());
  for (const char* id : {"20261123T150405123Z-1a2b3c4d", "20261123T150406123Z-1a2b3c4d"}) {
    v1::DiskJob job;
    job.set_id(id);
    job.set_state(v1::DISK_JOB_STATE_DONE);
    ASSERT_TRUE(store.create(job).has_value());
    EXPECT_EQ(store.create(job).error().code, ErrorCode::Refused);
  }
  v1::DiskJob third;
  third.set_id("20261123T150408123Z-1a2b3c4d");
  ASSERT_TRUE(store.create(third).has_value());
  EXPECT_FALSE(store.was_cancelled(third.id()));
  ASSERT_TRUE(store.cancel(third.id()).has_value());
  EXPECT_TRUE(store.was_cancelled(third.id()));
  v1::DiskJob taken_back;
  taken_back.set_id("20261123T150409123Z-1a2b3c4d");
  ASSERT_TRUE(store.create(taken_back).has_value());
  store.remove(taken_back.id());
  EXPECT_EQ(store.read(taken_back.id()).error().code, ErrorCode::NotFound);
  std::filesystem::remove_all(root.path() / third.id());
  std::ofstream(root.path() / "20261123T150405123Z-1a2b3c4d" / "job") << "joist-job-1\nnonsense";
  std::filesystem::create_directory(root.path() / "20261123T150407123Z-cut");
  const auto jobs = store.list();
  ASSERT_TRUE(jobs.has_value());
  ASSERT_EQ(jobs->size(), 2U);
  EXPECT_EQ(jobs->at(0).state(), v1::DISK_JOB_STATE_DONE);
  EXPECT_EQ(jobs->at(1).id(), "20261123T150405123Z-1a2b3c4d");
  EXPECT_EQ(jobs->at(1).state(), v1::DISK_JOB_STATE_UNSPECIFIED);
  EXPECT_NE(jobs->at(1).problem().find("cut short"), std::string::npos);
}

TEST(JobStore, TakesSavedBytesOfTheSameJobAlone) {
  const TempRoot root;
  const JobStore store(root.path().string());
  v1::DiskJob job;
  job.set_id("20261123t1-a");
  ASSERT_TRUE(store.create(job).has_value());
  v1::SavedBytes saved;
  saved.add_runs()->set_bytes("was here");
  const auto digest = store.write_saved(job.id(), saved);
  ASSERT_TRUE(digest.has_value());
  job.set_saved_digest(*digest);
  EXPECT_EQ(store.read_saved(job)->runs(0).bytes(), "was here");
  job.set_saved_digest(std::string(32, 'x'));
  EXPECT_EQ(store.read_saved(job).error().code, ErrorCode::Malformed);
}

TEST(RunProgram, SaysHowItEnded) {
  EXPECT_EQ(run_program({"echo", "a b", "$HOME"}, seconds(10)).value_or(""), "a b $HOME\n");
  EXPECT_EQ(run_program({"no-such-program"}, seconds(10)).error().code, ErrorCode::NotFound);
  const auto failed = run_program({"sh", "-c", "echo why >&2; echo usage; exit 3"}, seconds(10));
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::Io);
  EXPECT_EQ(failed.error().message, "sh failed (exit status 3): why");
  EXPECT_EQ(run_program({"sleep", "60"}, seconds(1)).error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace joist::apply
