// Goal: disks are changed as somebody consented to and in no other way, whatever dies meanwhile;
// and what was cleared comes back bit for bit. Method: the real joist-apply on its socket, loop
// devices with real file systems. Root; skips otherwise.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <fstream>
#include <random>
#include <thread>

#include "base/sha256.h"
#include "base/wall_time.h"
#include "disk/plan.h"
#include "disk/probe.h"
#include "helper/apply/job_store.h"
#include "joist/v1/apply.pb.h"
#include "tests/helper/helper_program.h"
#include "tests/support/consent_key.h"
#include "tests/support/loop_device.h"

namespace joist::apply {
namespace {

using helper::as_user;
using helper::HelperProgram;
using std::chrono::milliseconds;
using support::LoopDevice;
using support::TempRoot;

constexpr uid_t kAgent = 61234;  // no such user needs to exist
constexpr uid_t kStranger = 61235;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// The bytes of a file as a whole.
std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Sha256 hash;
  std::string chunk(std::size_t{1} << 20, '\0');
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0) {
    hash.update(std::string_view(chunk).substr(0, static_cast<std::size_t>(file.gcount())));
  }
  return to_hex(hash.finish());
}

std::string id_of(const LoopDevice& disk) { return "file:" + disk.file(); }

v1::StorageUse use_of(v1::StorageUseKind kind, const std::vector<const LoopDevice*>& disks) {
  v1::StorageUse use;
  use.set_name("test");
  use.set_kind(kind);
  for (const LoopDevice* disk : disks) use.mutable_disks()->add_ids(id_of(*disk));
  return use;
}

v1::StorageSpec laboratory(const v1::StorageUse& use) {
  v1::StorageSpec spec;
  spec.add_allowed_kinds(v1::DISK_KIND_LOOP);
  spec.set_size_min_bytes(16 * kMiB);
  *spec.add_uses() = use;
  return spec;
}

class Apply : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::can_make_loop_devices()) GTEST_SKIP() << "no loop devices here, or not root";
    program_.start();
  }

  v1::ApplyResponse ask(const v1::ApplyRequest& request) const {
    v1::ApplyResponse response;
    response.mutable_problem()->set_code("gone");
    const auto connection = connect_seqpacket(program_.socket_path(), std::chrono::seconds(5));
    EXPECT_TRUE(connection.has_value()) << connection.error().message;
    // Who is refused at once may find it closed, and the reason waiting.
    [[maybe_unused]] const auto sent =
        send_datagram(connection->get(), request.SerializeAsString(), std::chrono::seconds(5));
    const auto answer = receive_datagram(connection->get(), std::chrono::seconds(30));
    if (answer) {
      EXPECT_TRUE(response.ParseFromString(*answer));
    }
    return response;
  }

  v1::DiskPlan preview(const v1::StorageSpec& spec) const {
    v1::ApplyRequest request;
    *request.mutable_preview()->mutable_spec() = spec;
    const auto response = ask(request);
    EXPECT_TRUE(response.has_preview()) << response.problem().message();
    return response.preview().plan();
  }

  v1::ApplyResponse approve(const v1::StorageSpec& spec, const std::string& digest) const {
    v1::ApplyRequest request;
    *request.mutable_approve()->mutable_plan()->mutable_spec() = spec;
    request.mutable_approve()->mutable_plan()->set_digest(digest);
    request.mutable_approve()->set_given_by("tester");
    return ask(request);
  }

  v1::ApplyResponse apply(const v1::StorageSpec& spec, const std::string& digest) const {
    v1::ApplyRequest request;
    *request.mutable_apply()->mutable_plan()->mutable_spec() = spec;
    request.mutable_apply()->mutable_plan()->set_digest(digest);
    return ask(request);
  }

  v1::ApplyResponse apply_with(const v1::StorageSpec& spec, const v1::Consent& consent) const {
    v1::ApplyRequest request;
    *request.mutable_apply()->mutable_plan()->mutable_spec() = spec;
    request.mutable_apply()->mutable_plan()->set_digest(consent.digest());
    *request.mutable_apply()->mutable_consent() = consent;
    return ask(request);
  }

  v1::ApplyResponse undo(const std::string& job) const {
    v1::ApplyRequest request;
    request.mutable_undo()->set_job(job);
    return ask(request);
  }

  v1::DiskJob job(const std::string& id) const {
    v1::ApplyRequest request;
    request.mutable_jobs()->set_job(id);
    const auto response = ask(request);
    EXPECT_EQ(response.jobs().jobs_size(), 1) << response.problem().message();
    return response.jobs().jobs_size() == 1 ? response.jobs().jobs(0) : v1::DiskJob();
  }

  v1::DiskJob end_of(const std::string& id) const {
    for (int look = 0; look < 600; ++look) {
      const v1::DiskJob now = job(id);
      if (now.state() != v1::DISK_JOB_STATE_RUNNING) return now;
      std::this_thread::sleep_for(milliseconds(50));
    }
    ADD_FAILURE() << "job " << id << " does not end";
    return {};
  }

  // Plans, consents, applies; the jobs that began.
  std::vector<std::string> begin(const v1::StorageSpec& spec) const {
    const auto plan = preview(spec);
    const auto approved = approve(spec, plan.digest());
    EXPECT_TRUE(approved.has_approve()) << approved.problem().message();
    const auto applied = apply(spec, plan.digest());
    EXPECT_TRUE(applied.has_apply()) << applied.problem().message();
    std::vector<std::string> ids;
    for (const v1::DiskJob& one : applied.apply().jobs()) ids.push_back(one.id());
    return ids;
  }

  TempRoot state_;
  HelperProgram program_{kAgent,
                         {"--state-directory", state_.path().string(), "--policy",
                          state_.path().string() + "/policy.yaml"},
                         "joist-apply"};
};

disk::ProbeResult probed(const LoopDevice& disk) {
  const UniqueFd fd(::open(disk.path().c_str(), O_RDONLY | O_CLOEXEC));
  auto result = disk::probe(fd.get(), disk.name());
  EXPECT_TRUE(result.has_value()) << result.error().message;
  return result ? *result : disk::ProbeResult{};
}

void expect_blank(const LoopDevice& disk) {
  const auto found = probed(disk);
  EXPECT_TRUE(found.signatures.empty());
  EXPECT_TRUE(found.partitions.empty());
  EXPECT_TRUE(found.data_offsets_bytes.empty());
}

TEST_F(Apply, ClearsWhatWasConsentedToAndPutsItBack) {
  LoopDevice disk(256 * kMiB);
  LoopDevice neighbour(64 * kMiB);
  disk.run("mkfs.ext4 -q");
  neighbour.run("mkfs.ext4 -q");
  const std::string before = bytes_of(disk.file());
  const std::string beside = bytes_of(neighbour.file());
  const auto spec = laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk}));

  const auto plan = preview(spec);
  ASSERT_EQ(plan.disks_size(), 1);
  EXPECT_EQ(plan.disks(0).consent(), v1::CONSENT_NEED_PERSON);

  const auto unconsented = apply(spec, plan.digest());
  EXPECT_EQ(unconsented.problem().code(), "refused");
  EXPECT_NE(unconsented.problem().message().find("nobody has consented"), std::string::npos)
      << unconsented.problem().message();
  EXPECT_EQ(approve(spec, std::string(32, 'x')).problem().code(), "refused");
  EXPECT_EQ(bytes_of(disk.file()), before);

  const auto ids = begin(spec);
  ASSERT_EQ(ids.size(), 1U);
  const v1::DiskJob done = end_of(ids.front());
  EXPECT_EQ(done.state(), v1::DISK_JOB_STATE_DONE) << done.problem();
  EXPECT_EQ(done.consent().given_by(), "tester");
  expect_blank(disk);
  EXPECT_EQ(bytes_of(neighbour.file()), beside);

  // A consent is for once.
  EXPECT_TRUE(preview(spec).digest().empty());
  EXPECT_EQ(apply(spec, plan.digest()).problem().code(), "refused");

  const auto undone = undo(ids.front());
  ASSERT_TRUE(undone.has_undo()) << undone.problem().message();
  EXPECT_EQ(undone.undo().job().state(), v1::DISK_JOB_STATE_UNDONE);
  EXPECT_GT(undone.undo().restored_bytes(), 0U);
  EXPECT_EQ(bytes_of(disk.file()), before);
  EXPECT_EQ(preview(spec).digest(), plan.digest());
}

// A disk that was handed over is its new owner's, wherever the new owner has written so far.
TEST_F(Apply, PutsNothingBackOverSomebodyElses) {
  LoopDevice disk(256 * kMiB);
  disk.run("mkfs.ext4 -q");
  const auto ids = begin(laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk})));
  ASSERT_EQ(end_of(ids.front()).state(), v1::DISK_JOB_STATE_DONE);
  disk.write(0, "bluestore block device");  // ext4 has nothing in this sector
  const std::string theirs = bytes_of(disk.file());
  const auto undone = undo(ids.front());
  EXPECT_EQ(undone.problem().code(), "refused");
  EXPECT_NE(undone.problem().message().find("at byte 0"), std::string::npos)
      << undone.problem().message();
  EXPECT_EQ(bytes_of(disk.file()), theirs);
}

// An undo that was cut has put back what is behind the front: here the end of an old GPT, which a
// newer table hid, and which leads to places in the data that nobody cleared.
TEST_F(Apply, PutsBackTheRestWhereAnOldTableCameBackFirst) {
  constexpr std::uint64_t kTableBytes = std::uint64_t{33} * 512;
  constexpr std::uint64_t kTableAt = 64 * kMiB - kTableBytes;
  LoopDevice disk(64 * kMiB);
  disk.run("printf \"label: gpt\\nstart=40960,size=61440\\n\" | sfdisk -q");
  std::string table(kTableBytes, '\0');
  {
    const UniqueFd fd(::open(disk.path().c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::pread(fd.get(), table.data(), table.size(), kTableAt),
              static_cast<ssize_t>(table.size()));
  }
  ASSERT_NE(table.find("EFI PART"), std::string::npos);
  disk.write(0, std::string(kMiB, '\0'));
  disk.run("printf \"label: dos\\nstart=4096,size=118784\\n\" | sfdisk -q --wipe never");
  disk.write(2 * kMiB, std::string(58 * kMiB, 'x'));
  disk.write(kTableAt, table);
  const std::string before = bytes_of(disk.file());

  const auto ids = begin(laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk})));
  ASSERT_EQ(ids.size(), 1U);
  const auto end = end_of(ids.front());
  ASSERT_EQ(end.state(), v1::DISK_JOB_STATE_DONE) << end.problem();
  disk.write(kTableAt, table);
  const auto undone = undo(ids.front());
  ASSERT_TRUE(undone.has_undo()) << undone.problem().message();
  EXPECT_EQ(bytes_of(disk.file()), before);
}

// What the agent knows and joist-apply cannot see: it may have disks left alone, and no more.
TEST_F(Apply, LeavesDisksInDoubtToWhoNamesThem) {
  constexpr std::uint64_t kSize = 67 * kMiB;
  LoopDevice disk(kSize);
  v1::StorageUse by_size = use_of(v1::STORAGE_USE_KIND_LOCAL, {});
  by_size.mutable_disks()->set_size_min_bytes(kSize);
  by_size.mutable_disks()->set_size_max_bytes(kSize);
  v1::ApplyRequest request;
  auto& asked = *request.mutable_preview();
  *asked.mutable_spec() = laboratory(by_size);
  asked.add_only(id_of(disk));
  const auto known = ask(request);
  ASSERT_EQ(known.preview().plan().disks_size(), 1) << known.problem().message();
  EXPECT_EQ(known.preview().plan().disks(0).consent(), v1::CONSENT_NEED_POLICY);

  auto& doubt = *asked.add_doubts();
  doubt.set_id(id_of(disk));
  doubt.mutable_reason()->set_code("IdentityChanged");
  EXPECT_EQ(ask(request).preview().plan().digest(), "");
  v1::ApplyRequest approval;
  *approval.mutable_approve()->mutable_plan()->mutable_spec() = asked.spec();
  *approval.mutable_approve()->mutable_plan()->mutable_only() = asked.only();
  *approval.mutable_approve()->mutable_plan()->mutable_doubts() = asked.doubts();
  approval.mutable_approve()->mutable_plan()->set_digest(known.preview().plan().digest());
  EXPECT_EQ(ask(approval).problem().code(), "refused");

  *asked.mutable_spec() = laboratory(use_of(v1::STORAGE_USE_KIND_LOCAL, {&disk}));
  const auto named = ask(request);
  ASSERT_EQ(named.preview().plan().disks_size(), 1) << named.problem().message();
  EXPECT_EQ(named.preview().plan().disks(0).consent(), v1::CONSENT_NEED_PERSON);
  EXPECT_EQ(named.preview().plan().disks(0).warnings(0).code(), "IdentityChanged");
}

TEST_F(Apply, RefusesAfterAnyChangeSinceTheConsent) {
  LoopDevice disk(256 * kMiB);
  disk.run("mkfs.ext4 -q");
  const auto spec = laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk}));
  const auto plan = preview(spec);
  ASSERT_TRUE(approve(spec, plan.digest()).has_approve());
  disk.write(300 * 1024, "one byte is enough");  // in no superblock, but where samples are taken
  const std::string before = bytes_of(disk.file());
  const auto applied = apply(spec, plan.digest());
  EXPECT_EQ(applied.problem().code(), "refused");
  EXPECT_NE(applied.problem().message().find("another by now"), std::string::npos);
  EXPECT_EQ(bytes_of(disk.file()), before);
}

TEST_F(Apply, TouchesNothingThatIsHeld) {
  LoopDevice disk(256 * kMiB);
  disk.run("mkfs.ext4 -q");
  const auto spec = laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk}));
  const auto plan = preview(spec);
  ASSERT_TRUE(approve(spec, plan.digest()).has_approve());
  const std::string before = bytes_of(disk.file());
  const UniqueFd holder(::open(disk.path().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC));
  ASSERT_TRUE(holder);
  const auto applied = apply(spec, plan.digest());
  if (applied.has_apply()) {  // the probe asks nobody about a disk with a signature; the job does
    const auto end = end_of(applied.apply().jobs(0).id());
    EXPECT_EQ(end.state(), v1::DISK_JOB_STATE_FAILED);
    EXPECT_NE(end.problem().find("somebody holds it"), std::string::npos) << end.problem();
  } else {
    EXPECT_EQ(applied.problem().code(), "refused");
  }
  EXPECT_EQ(bytes_of(disk.file()), before);
}

TEST_F(Apply, LetsTheAgentApplyAndLookAlone) {
  LoopDevice disk(256 * kMiB);
  disk.run("mkfs.ext4 -q");
  const auto spec = laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk}));
  const std::string digest = preview(spec).digest();
  EXPECT_EQ(as_user(kAgent, [&] { return approve(spec, digest).problem().code(); }), "refused");
  EXPECT_EQ(as_user(kAgent, [&] { return undo("x").problem().code(); }), "refused");
  EXPECT_EQ(as_user(kAgent, [&] { return apply(spec, digest).problem().code(); }), "refused");
  EXPECT_EQ(as_user(kStranger, [&] { return apply(spec, digest).problem().code(); }),
            "unauthenticated");
  ASSERT_TRUE(approve(spec, digest).has_approve());
  const std::string id = as_user(kAgent, [&] { return apply(spec, digest).apply().jobs(0).id(); });
  EXPECT_EQ(end_of(id).state(), v1::DISK_JOB_STATE_DONE);
  expect_blank(disk);
}

// An undo makes the plan what it was; who has the signed consent still, the agent's user, could
// clear the disk again.
TEST_F(Apply, TakesASignedConsentOnce) {
  LoopDevice disk(64 * kMiB);
  disk.run("mkfs.ext4 -q");
  const support::ConsentKey key;
  std::ofstream(state_.path() / "key.pem") << key.pem();
  std::ofstream(state_.path() / "policy.yaml")
      << "consent_keys: [" << (state_.path() / "key.pem").string() << "]\n";
  const auto spec = laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk}));
  const auto now = std::chrono::system_clock::now();
  v1::Consent consent;
  consent.set_digest(preview(spec).digest());
  consent.set_given_by("alice");
  *consent.mutable_given_time() = to_timestamp(now);
  *consent.mutable_expire_time() = to_timestamp(now + std::chrono::hours(1));
  key.sign(consent);
  const std::string id =
      as_user(kAgent, [&] { return apply_with(spec, consent).apply().jobs(0).id(); });
  EXPECT_EQ(end_of(id).state(), v1::DISK_JOB_STATE_DONE);
  ASSERT_TRUE(undo(id).has_undo());
  ASSERT_EQ(preview(spec).digest(), consent.digest());
  const std::string refused =
      as_user(kAgent, [&] { return apply_with(spec, consent).problem().message(); });
  EXPECT_NE(refused.find("once"), std::string::npos) << refused;
  EXPECT_FALSE(probed(disk).signatures.empty());
}

TEST_F(Apply, LosesNothingForAPlaceThatIsTaken) {
  LoopDevice disk(64 * kMiB);
  disk.run("mkfs.ext4 -q");
  const std::string before = bytes_of(disk.file());
  const std::filesystem::path place = "/srv/joist-test-" + std::to_string(::getpid());
  std::filesystem::create_directories(place / "full");
  std::ofstream(place / "full" / "somebody's") << "data";
  std::filesystem::create_directory_symlink("/etc", place / "link");
  for (const std::string point : {"full", "link/joist-test"}) {
    auto use = use_of(v1::STORAGE_USE_KIND_LOCAL, {&disk});
    use.set_mount_point((place / point).string());
    const auto ids = begin(laboratory(use));
    ASSERT_EQ(ids.size(), 1U) << point;
    const auto end = end_of(ids.front());
    EXPECT_EQ(end.state(), v1::DISK_JOB_STATE_FAILED) << point;
    EXPECT_NE(end.problem().find(place.string()), std::string::npos) << end.problem();
    EXPECT_EQ(end.step(), 0U) << point;
    EXPECT_EQ(bytes_of(disk.file()), before) << point;
  }
  EXPECT_FALSE(std::filesystem::exists("/etc/joist-test"));
  std::filesystem::remove_all(place);
}

// Asked for, and then the power went before the job heard of it.
TEST_F(Apply, RemembersThatAJobIsCancelled) {
  LoopDevice disk(64 * kMiB);
  disk.run("mkfs.ext4 -q");
  const auto ids = begin(laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk})));
  ASSERT_EQ(ids.size(), 1U);
  ASSERT_EQ(end_of(ids.front()).state(), v1::DISK_JOB_STATE_DONE);
  ASSERT_TRUE(undo(ids.front()).has_undo());
  const std::string before = bytes_of(disk.file());
  program_.signal(SIGKILL);
  program_.wait();
  const JobStore store(state_.path().string() + "/jobs");
  auto job = store.read(ids.front());
  ASSERT_TRUE(job.has_value()) << job.error().message;
  job->set_state(v1::DISK_JOB_STATE_RUNNING);
  job->set_step(0);
  ASSERT_TRUE(store.write(*job).has_value());
  ASSERT_TRUE(store.cancel(job->id()).has_value());
  program_.start();
  EXPECT_EQ(end_of(ids.front()).state(), v1::DISK_JOB_STATE_CANCELLED);
  EXPECT_EQ(bytes_of(disk.file()), before);
}

TEST_F(Apply, LeavesNoByteOfWhatIsZeroedOrDiscarded) {
  for (const auto method : {v1::WIPE_METHOD_ZERO, v1::WIPE_METHOD_DISCARD}) {
    LoopDevice disk(96 * kMiB);
    disk.run("mkfs.ext4 -q");
    disk.write(70 * kMiB + 12345, "deep inside, where nobody looks");
    auto use = use_of(v1::STORAGE_USE_KIND_WIPE, {&disk});
    use.set_wipe(method);
    const auto ids = begin(laboratory(use));
    ASSERT_EQ(ids.size(), 1U);
    const auto end = end_of(ids.front());
    EXPECT_EQ(end.state(), v1::DISK_JOB_STATE_DONE) << end.problem();
    std::ifstream opened(disk.file(), std::ios::binary);
    std::string bytes(96 * kMiB, 'x');
    ASSERT_TRUE(opened.read(bytes.data(), static_cast<std::streamsize>(bytes.size())));
    EXPECT_TRUE(bytes == std::string(96 * kMiB, '\0')) << method;
    EXPECT_EQ(undo(ids.front()).problem().code(), "refused");
    struct stat file {};
    ASSERT_EQ(::stat(disk.file().c_str(), &file), 0);
    if (method == v1::WIPE_METHOD_DISCARD) {
      EXPECT_LT(file.st_blocks * 512, kMiB) << "was overwritten, not discarded";
    }
  }
}

TEST_F(Apply, MakesTheFileSystemOfTheUse) {
  LoopDevice disk(512 * kMiB);
  disk.run("mkswap");
  auto use = use_of(v1::STORAGE_USE_KIND_LOCAL, {&disk});
  use.set_filesystem(v1::FILESYSTEM_EXT4);
  use.set_mount_point((state_.path() / "mounted").string());
  // Below /tmp nothing is mounted: the plan says so.
  EXPECT_TRUE(preview(laboratory(use)).digest().empty());
  use.clear_mount_point();
  const auto ids = begin(laboratory(use));
  ASSERT_EQ(ids.size(), 1U);
  const auto end = end_of(ids.front());
  const auto found = probed(disk);
  ASSERT_FALSE(found.signatures.empty());
  for (const auto& signature : found.signatures) {
    EXPECT_EQ(signature.type, "ext4");
    EXPECT_EQ(signature.uuid, end.planned().filesystem_uuid());
  }
  // Nobody mounts without systemd: what is left to do is that alone.
  if (end.state() != v1::DISK_JOB_STATE_DONE) {
    EXPECT_EQ(end.step(), 3U) << end.problem();
    const auto again = preview(laboratory(use));
    ASSERT_EQ(again.disks_size(), 1);
    ASSERT_EQ(again.disks(0).steps_size(), 1);
    EXPECT_EQ(again.disks(0).steps(0).kind(), v1::DISK_STEP_KIND_MOUNT);
  }
  // It is in use by now, as far as anybody knows: what was there before is not put over it.
  EXPECT_EQ(undo(ids.front()).problem().code(), "refused");
}

TEST_F(Apply, RefusesDamagedJournals) {
  LoopDevice disk(256 * kMiB);
  disk.run("mkfs.ext4 -q");
  const auto ids = begin(laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk})));
  ASSERT_EQ(ids.size(), 1U);
  ASSERT_EQ(end_of(ids.front()).state(), v1::DISK_JOB_STATE_DONE);
  const std::string path = state_.path().string() + "/jobs/" + ids.front() + "/saved";
  const std::string cleared = bytes_of(disk.file());
  {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(200);
    file.put('\x55');
  }
  const auto undone = undo(ids.front());
  EXPECT_EQ(undone.problem().code(), "invalid") << undone.problem().message();
  EXPECT_NE(undone.problem().message().find("saved"), std::string::npos);
  EXPECT_EQ(bytes_of(disk.file()), cleared);
  EXPECT_EQ(undo("../../etc").problem().code(), "not_found");
  EXPECT_EQ(undo("20200101T000000Z-00000000").problem().code(), "not_found");
}

TEST_F(Apply, SurvivesKillsWhileItZeroes) {
  const char* asked = std::getenv("JOIST_KILLS");
  const int kills = asked == nullptr ? 6 : std::atoi(asked) / 4;
  std::mt19937 random(4);
  LoopDevice disk(320 * kMiB);
  auto use = use_of(v1::STORAGE_USE_KIND_WIPE, {&disk});
  use.set_wipe(v1::WIPE_METHOD_ZERO);
  for (int kill = 0; kill < kills; ++kill) {
    disk.run("mkfs.ext4 -q -F");
    disk.write(130 * kMiB + 4321, "where nobody looks");
    const auto ids = begin(laboratory(use));
    ASSERT_EQ(ids.size(), 1U);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 80'000));
    program_.signal(SIGKILL);
    program_.wait();
    program_.start();
    const auto end = end_of(ids.front());
    ASSERT_EQ(end.state(), v1::DISK_JOB_STATE_DONE) << end.problem();
    expect_blank(disk);
    std::string bytes(4096, 'x');
    const UniqueFd fd(::open(disk.path().c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::pread(fd.get(), bytes.data(), bytes.size(), 130 * kMiB + 4096), 4096);
    ASSERT_EQ(bytes, std::string(4096, '\0'));
  }
}

// Also in the middle of mkfs, which is killed with it: made again, and nothing else is on the disk.
TEST_F(Apply, SurvivesKillsWhileItMakesAFilesystem) {
  const char* asked = std::getenv("JOIST_KILLS");
  const int kills = asked == nullptr ? 8 : std::atoi(asked) / 2;
  std::mt19937 random(20261124);
  LoopDevice disk(512 * kMiB);
  for (int kill = 0; kill < kills; ++kill) {
    disk.run("mkfs.btrfs -q -f --mixed");
    auto use = use_of(v1::STORAGE_USE_KIND_LOCAL, {&disk});
    use.set_filesystem(kill % 2 == 0 ? v1::FILESYSTEM_EXT4 : v1::FILESYSTEM_XFS);
    const auto ids = begin(laboratory(use));
    ASSERT_EQ(ids.size(), 1U);
    for (int again = 0; again < 2; ++again) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 250'000));
      program_.signal(SIGKILL);
      program_.wait();
      program_.start();
    }
    const auto end = end_of(ids.front());
    // All but the mount, which takes systemd.
    ASSERT_TRUE(end.state() == v1::DISK_JOB_STATE_DONE || end.step() == 3) << end.problem();
    const auto found = probed(disk);
    ASSERT_FALSE(found.signatures.empty());
    for (const auto& signature : found.signatures) {
      ASSERT_EQ(signature.type, kill % 2 == 0 ? "ext4" : "xfs");
      ASSERT_EQ(signature.uuid, end.planned().filesystem_uuid());
    }
    ASSERT_EQ(undo(ids.front()).problem().code(), "refused");
  }
}

// Killed at any moment it goes on, and never with another disk.
TEST_F(Apply, SurvivesKills) {
  const char* asked = std::getenv("JOIST_KILLS");
  const int kills = asked == nullptr ? 12 : std::atoi(asked);
  std::mt19937 random(20261123);
  LoopDevice neighbour(64 * kMiB);
  neighbour.run("mkfs.ext4 -q");
  const std::string beside = bytes_of(neighbour.file());
  LoopDevice disk(64 * kMiB);
  const auto spec = laboratory(use_of(v1::STORAGE_USE_KIND_CEPH_RAW, {&disk}));
  for (int kill = 0; kill < kills; ++kill) {
    disk.run(kill % 2 == 0 ? "mkfs.ext4 -q -F" : "mkfs.btrfs -q -f --mixed");
    const std::string before = bytes_of(disk.file());
    const auto plan = preview(spec);
    ASSERT_TRUE(approve(spec, plan.digest()).has_approve());
    const auto applied = apply(spec, plan.digest());
    ASSERT_TRUE(applied.has_apply()) << applied.problem().message();
    const std::string id = applied.apply().jobs(0).id();
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
    program_.signal(SIGKILL);
    program_.wait();
    program_.start();
    const auto end = end_of(id);
    ASSERT_EQ(end.state(), v1::DISK_JOB_STATE_DONE) << end.problem();
    expect_blank(disk);
    ASSERT_TRUE(undo(id).has_undo());
    ASSERT_EQ(bytes_of(disk.file()), before);
  }
  EXPECT_EQ(bytes_of(neighbour.file()), beside);
}

}  // namespace
}  // namespace joist::apply
