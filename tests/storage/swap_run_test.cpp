// The swap of contents on a real directory, ended after any of its steps; and where it is needed.
#include "storage/backup/place.hpp"
#include "storage/backup/swap_run.hpp"
#include "storage/directory/manifest.hpp"
#include "storage/exit_code.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include <stdlib.h>

using namespace pawl::storage;
namespace fs = std::filesystem;

namespace {

struct killed {};

struct swap_fixture {
    std::string home = "/tmp/pawl-swap-XXXXXX";
    std::string path;

    swap_fixture() {
        BOOST_TEST_REQUIRE(::mkdtemp(home.data()) != nullptr);
        path = home + "/data";
    }
    ~swap_fixture() { fs::remove_all(home); }

    void put(const std::string& name, const std::string& text) const { std::ofstream(path + "/" + name) << text; }
    // As it stands before a restore: with a link, a directory, and what a mount's root has.
    void fill() const {
        fs::remove_all(path);
        fs::create_directory(path);
        for (const char* const name : {"MANIFEST.a", "wal-1", "odd name\n"}) {
            put(name, "old");
        }
        fs::create_symlink("/nowhere", path + "/keys.json");
        fs::create_directory(path + "/backups");
        put("backups/monday", "kept");
    }
    void fill_incoming(swap_directory& d) const {
        const std::string in = d.make_incoming();
        for (const char* const name : {"MANIFEST.a", "wal-7", "keys.json", "LOCK"}) {
            std::ofstream(in + "/" + name) << "new";
        }
    }
    // Every file below the directory but its lock, and what is in it.
    std::map<std::string, std::string> content() const {
        std::map<std::string, std::string> out;
        for (const auto& entry : fs::recursive_directory_iterator(path)) {
            const std::string name = fs::relative(entry.path(), path);
            if (entry.is_symlink()) {
                out[name] = "-> " + fs::read_symlink(entry.path()).string();
            } else if (entry.is_regular_file() && name != "LOCK") {
                std::ifstream file(entry.path());
                out[name] = std::string(std::istreambuf_iterator<char>(file), {});
            }
        }
        return out;
    }
};

const std::map<std::string, std::string> before{{"MANIFEST.a", "old"},
                                                {"wal-1", "old"},
                                                {"odd name\n", "old"},
                                                {"keys.json", "-> /nowhere"},
                                                {"backups/monday", "kept"}};
const std::map<std::string, std::string> after{{"MANIFEST.a", "new"},
                                               {"wal-7", "new"},
                                               {"keys.json", "new"},
                                               {"backups/monday", "kept"},
                                               {"replaced-1/MANIFEST.a", "old"},
                                               {"replaced-1/wal-1", "old"},
                                               {"replaced-1/odd name\n", "old"},
                                               {"replaced-1/keys.json", "-> /nowhere"}};

// A hook that ends the run before its step number `n`.
auto end_before(unsigned n, unsigned& count) {
    return [n, &count](const swap_step&) {
        if (count++ == n) {
            throw killed{};
        }
    };
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(swap_run, swap_fixture)

BOOST_AUTO_TEST_CASE(contents_are_swapped_and_what_was_there_is_in_a_directory_of_its_own) {
    fill();
    swap_directory d(path);
    fill_incoming(d);
    BOOST_TEST(d.swap_in() == path + "/replaced-1");
    BOOST_TEST((content() == after));
    BOOST_TEST(!has_unfinished_swap(path));
    struct stat st{};
    BOOST_TEST(::stat((path + "/replaced-1").c_str(), &st) == 0);
    BOOST_TEST((st.st_mode & 0777U) == 0700U);
}

BOOST_AUTO_TEST_CASE(ended_before_any_of_its_steps_the_next_start_finishes_it_and_is_ended_before_any_of_its_own) {
    unsigned steps = 0;
    for (unsigned n = 0;; ++n) {
        fill();
        unsigned count = 0;
        bool ended = false;
        try {
            swap_directory d(path, end_before(n, count));
            fill_incoming(d);
            d.swap_in();
        } catch (const killed&) {
            ended = true;
        }
        if (!ended) {
            break;
        }
        ++steps;
        if (n % 2 == 1) {
            put("SWAP.tmp", "half of a journal"); // as a kill within the writing of the journal leaves it
        }
        for (unsigned m = 0;; ++m) { // each turn goes on from where the one before was ended
            unsigned again = 0;
            try {
                swap_directory(path, end_before(m % 3, again)).settle();
                break;
            } catch (const killed&) {
            }
            BOOST_REQUIRE(m < 100);
            settle_swap(path);
        }
        BOOST_TEST((content() == after), "ended before step " << n);
        BOOST_TEST(!has_unfinished_swap(path));
    }
    BOOST_TEST(steps > 12U);
}

BOOST_AUTO_TEST_CASE(what_was_only_made_is_taken_back) {
    fill();
    {
        swap_directory d(path);
        fill_incoming(d);
    }
    put("SWAP.tmp", "half of a journal");
    BOOST_TEST(has_unfinished_swap(path));
    BOOST_TEST((settle_swap(path) == swap_end::taken_back));
    BOOST_TEST((content() == before));
    BOOST_TEST((settle_swap(path) == swap_end::nothing));
}

BOOST_AUTO_TEST_CASE(while_one_is_at_work_no_other_is_and_no_start_ends_it) {
    fill();
    swap_directory d(path);
    fill_incoming(d);
    try {
        settle_swap(path);
        BOOST_ERROR("it was not refused");
    } catch (const refused& why) {
        BOOST_TEST(why.status() == 75);
        BOOST_TEST(std::string(why.what()).find(std::to_string(::getpid())) != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(readers_are_told_of_contents_that_are_half_swapped) {
    fill();
    unsigned count = 0;
    try {
        swap_directory d(path, end_before(3, count));
        fill_incoming(d);
        d.swap_in();
        BOOST_ERROR("it was not ended");
    } catch (const killed&) {
    }
    BOOST_CHECK_EXCEPTION(read_manifests(*open_posix_directory_to_read(path), nullptr), refused, [](const refused& r) {
        return r.status() == 2 && std::string(r.what()).find("was interrupted") != std::string::npos;
    });
}

BOOST_AUTO_TEST_CASE(a_damaged_journal_is_refused_and_nothing_is_moved) {
    fill();
    put("SWAP", "pawl-swap 1 out\n");
    const auto seen = content();
    BOOST_CHECK_EXCEPTION(settle_swap(path), refused, [](const refused& r) { return r.status() == 65; });
    BOOST_TEST((content() == seen));
}

BOOST_AUTO_TEST_CASE(a_directory_in_the_way_of_a_file_is_refused_before_anything_is_moved) {
    fill();
    fs::create_directory(path + "/wal-7");
    swap_directory d(path);
    fill_incoming(d);
    BOOST_CHECK_EXCEPTION(d.swap_in(), refused, [](const refused& r) { return r.status() == 2; });
    BOOST_TEST(!d.is_begun());
}

BOOST_AUTO_TEST_CASE(a_second_swap_keeps_what_the_first_put_aside) {
    fill();
    {
        swap_directory d(path);
        fill_incoming(d);
        d.swap_in();
    }
    swap_directory d(path);
    fill_incoming(d);
    BOOST_TEST(d.swap_in() == path + "/replaced-2");
    BOOST_TEST(content().at("replaced-1/wal-1") == "old");
    BOOST_TEST(content().at("replaced-2/wal-7") == "new");
}

BOOST_AUTO_TEST_CASE(a_place_is_looked_at_through_one_link) {
    fill();
    fs::create_symlink("data", home + "/link");
    fs::create_symlink(path, home + "/absolute");
    fs::create_symlink("link", home + "/second");
    fs::create_symlink("not-there", home + "/dangling");
    for (const char* const name : {"/link", "/link/", "/absolute"}) {
        const place p = look_at_place(home + name);
        BOOST_TEST(fs::equivalent(p.path, path));
        BOOST_TEST(!p.is_empty);
        BOOST_TEST((p.way == place_way::beside));
    }
    const place fresh = look_at_place(home + "/dangling");
    BOOST_TEST(!fresh.facts.exists);
    BOOST_TEST(fresh.path == home + "/not-there");
    BOOST_CHECK_THROW(look_at_place(home + "/second"), refused);
    BOOST_CHECK_THROW(look_at_place(path + "/MANIFEST.a"), refused);
}

BOOST_AUTO_TEST_CASE(lost_and_found_is_something_where_nothing_is_mounted) {
    fs::create_directories(path + "/lost+found");
    BOOST_TEST(!look_at_place(path).is_empty);
}

BOOST_AUTO_TEST_CASE(the_root_of_a_mount_is_one_and_its_lost_and_found_is_nothing) {
    fs::create_directory(path);
    if (::mount("none", path.c_str(), "tmpfs", 0, "size=1m") != 0) {
        std::cout << "SKIPPED 1 nothing may be mounted here: "
                  << std::error_code(errno, std::system_category()).message() << std::endl;
        return;
    }
    fs::create_directory(path + "/lost+found");
    fs::create_directory(home + "/again");
    const bool bound = ::mount(path.c_str(), (home + "/again").c_str(), nullptr, MS_BIND, nullptr) == 0;
    const place p = look_at_place(path);
    BOOST_TEST((p.facts.is_mount_point && p.is_empty && p.way == place_way::within));
    BOOST_TEST(!is_mount_point(path + "/lost+found"));
    BOOST_TEST(!is_mount_point(home));
    if (bound) {
        BOOST_TEST(is_mount_point(home + "/again"));
    }
    put("MANIFEST.a", "old");
    BOOST_TEST(!look_at_place(path).is_empty);
    {
        swap_directory d(path);
        fill_incoming(d);
        d.swap_in();
    }
    BOOST_TEST(content().at("MANIFEST.a") == "new");
    BOOST_TEST(fs::exists(path + "/lost+found"));
    if (bound) {
        ::umount2((home + "/again").c_str(), MNT_DETACH);
    }
    ::umount2(path.c_str(), MNT_DETACH);
}

BOOST_AUTO_TEST_SUITE_END()
