// A restore and a backup where names can't be changed: the whole way, in one process.
#include "storage/backup/backup.hpp"
#include "storage/backup/place.hpp"
#include "storage/backup/restore.hpp"
#include "storage/backup/swap_run.hpp"
#include "store_fixture.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mount.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <thread>

#include <stdlib.h>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;
namespace fs = std::filesystem;

namespace {

struct place_fixture {
    std::string path = "/tmp/pawl-place-XXXXXX";
    secret_bytes log_key = secret_bytes(32, 0x5A);
    manual_clock time;
    pawl::test::seeded_random random{7};
    std::vector<std::string> mounts;

    place_fixture() {
        BOOST_TEST_REQUIRE(::mkdtemp(path.data()) != nullptr);
        sign_up("data", "ann");
        back_up("data", "backup");
    }
    ~place_fixture() {
        for (const std::string& m : mounts) {
            ::umount2(m.c_str(), MNT_DETACH);
        }
        fs::remove_all(path);
    }
    std::string at(const std::string& name) const { return path + "/" + name; }
    // False where nothing may be mounted.
    bool mount(const std::string& name) {
        fs::create_directory(at(name));
        if (::mount("none", at(name).c_str(), "tmpfs", 0, "mode=0700") != 0) {
            std::cout << "SKIPPED 1 nothing may be mounted here" << std::endl;
            return false;
        }
        mounts.push_back(at(name));
        fs::create_directory(at(name) + "/lost+found");
        return true;
    }
    std::unique_ptr<embedded_store> open(const std::string& name) const {
        embedded_store_options options = store_fixture::without_thread();
        options.directory.log_key = &log_key;
        options.directory.path = at(name);
        return embedded_store::open(std::move(options), time);
    }
    void sign_up(const std::string& where, const std::string& name) const {
        const auto data = open(where);
        const auto made = data->insert_user(store_fixture::person(name));
        BOOST_TEST_REQUIRE(made.has_value());
        while (!data->is_durable(made->wait_for)) {
            std::this_thread::yield();
        }
        BOOST_TEST(data->stop(milliseconds(10'000)));
    }
    bool has(const std::string& where, const std::string& name) const {
        return open(where)->find_user_by_login(store_fixture::person(name).username) != nullptr;
    }
    void back_up(const std::string& from, const std::string& to) const {
        backup_request request;
        request.source = at(from);
        request.destination = at(to);
        request.log_key = &log_key;
        make_backup(request);
    }
    std::string restore(const std::string& from, const std::string& to, bool replace) {
        restore_request request;
        request.backup = at(from);
        request.target = at(to);
        request.log_key = &log_key;
        request.replace = replace;
        request.time = &time;
        request.random = &random;
        request.raise = [](timestamp_ms) {};
        return restore_backup(request).aside;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(restore_place, place_fixture)

BOOST_AUTO_TEST_CASE(a_mounted_directory_is_restored_within_and_what_was_there_stays_within) {
    if (!mount("volume")) {
        return;
    }
    BOOST_TEST(restore("backup", "volume", false) == "");
    BOOST_TEST(has("volume", "ann"));
    sign_up("volume", "ben");
    BOOST_CHECK_EXCEPTION(restore("backup", "volume", false), refused,
                          [](const refused& r) { return r.status() == 2; });
    BOOST_TEST(restore("backup", "volume", true) == at("volume") + "/replaced-1");
    BOOST_TEST(!has("volume", "ben"));
    BOOST_TEST(has("volume", "ann"));
    fs::permissions(at("volume/replaced-1"), fs::perms::owner_all);
    BOOST_TEST(has("volume/replaced-1", "ben"));
    BOOST_TEST(!has_unfinished_swap(at("volume")));
}

BOOST_AUTO_TEST_CASE(a_backup_on_a_mount_is_verified_and_restored_from_there) {
    if (!mount("disk")) {
        return;
    }
    back_up("data", "disk");
    BOOST_TEST(verify_backup(at("disk"), log_key).facts.users == 1U);
    BOOST_CHECK_EXCEPTION(back_up("data", "disk"), refused, [](const refused& r) { return r.status() == 2; });
    restore("disk", "fresh", false);
    BOOST_TEST(has("fresh", "ann"));
}

BOOST_AUTO_TEST_CASE(what_a_link_names_is_replaced_and_the_link_stays) {
    fs::create_directory(at("private"));
    fs::create_symlink("private/pawl", at("link"));
    restore("backup", "link", false);
    sign_up("link", "ben");
    BOOST_TEST(restore("backup", "link", true) == at("private/pawl") + ".replaced-1");
    BOOST_TEST(fs::is_symlink(at("link")));
    BOOST_TEST(!has("link", "ben"));
}

BOOST_AUTO_TEST_CASE(what_is_in_use_is_not_replaced_and_nothing_is_left_of_the_try) {
    const bool mounted = mount("volume");
    for (const std::string& where :
         mounted ? std::vector<std::string>{"volume", "beside"} : std::vector<std::string>{"beside"}) {
        restore("backup", where, false);
        const auto data = open(where);
        BOOST_CHECK_EXCEPTION(restore("backup", where, true), refused,
                              [](const refused& r) { return r.status() == 75; });
        BOOST_TEST(!has_unfinished_swap(at(where)));
    }
}

BOOST_AUTO_TEST_CASE(a_refused_target_gets_not_even_a_lock) {
    if (!mount("volume")) {
        return;
    }
    fs::create_directory(at("volume/somebody's"));
    BOOST_CHECK_EXCEPTION(restore("backup", "volume", false), refused,
                          [](const refused& r) { return r.status() == 2; });
    BOOST_TEST(!fs::exists(at("volume/LOCK")));
}

BOOST_AUTO_TEST_SUITE_END()
