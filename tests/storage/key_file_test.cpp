#include "storage/directory/key_file.hpp"
#include "storage/system_random.hpp"
#include "tests/support/seeded_random.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <thread>
#include <vector>

using namespace pawl;
using namespace pawl::storage;
namespace fs = std::filesystem;

namespace {

constexpr timestamp now{seconds(1'790'000'000)};

// A folder that is gone afterwards.
struct temporary_folder {
    fs::path path;
    temporary_folder() {
        std::string name = (fs::temp_directory_path() / "pawl-key-file-XXXXXX").string();
        BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    std::string file() const { return (path / "keys.json").string(); }
};

key_file_options options_for(const temporary_folder& folder, jws_algorithm algorithm = jws_algorithm::eddsa) {
    return {folder.file(), {algorithm, nullptr}, true};
}

opened_key_file open_at(const key_file_options& options) {
    static test::seeded_random random(21);
    return open_key_file(options, random, now);
}

std::string read_all(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The line open_key_file refuses with; empty where it does not.
std::string refusal_of(const key_file_options& options) {
    try {
        open_at(options);
        return {};
    } catch (const refused& why) {
        BOOST_TEST((why.kind() == exit_code::wrong_key));
        BOOST_TEST(std::string(why.what()).find('\n') == std::string::npos);
        return why.what();
    }
}

std::size_t files_in(const fs::path& folder) {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

} // namespace

BOOST_AUTO_TEST_SUITE(key_file)

BOOST_AUTO_TEST_CASE(first_start_makes_a_private_file_and_the_next_reads_it) {
    const temporary_folder folder;
    const mode_t before = ::umask(0); // nothing depends on it
    const opened_key_file first = open_at(options_for(folder));
    ::umask(before);
    BOOST_TEST(first.created);
    struct stat status{};
    BOOST_TEST_REQUIRE(::stat(folder.file().c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777) == 0600);
    BOOST_TEST(files_in(folder.path) == 1U); // no temporary file is left
    const opened_key_file second = open_at(options_for(folder));
    BOOST_TEST(!second.created);
    BOOST_TEST(!second.added_signing_key);
    BOOST_TEST(second.ring->signing_key->kid() == first.ring->signing_key->kid());
    BOOST_TEST((second.ring->log_key == first.ring->log_key));
    BOOST_TEST((second.ring->refresh_keys[0].key == first.ring->refresh_keys[0].key));
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_not_made_where_data_was_written_under_it) {
    const temporary_folder folder;
    key_file_options options = options_for(folder);
    options.may_create = false;
    BOOST_TEST(refusal_of(options).find("missing") != std::string::npos);
    BOOST_TEST(files_in(folder.path) == 0U);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_there_is_never_written_over_by_a_first_start) {
    const temporary_folder folder;
    BOOST_TEST(write_key_file(folder.file(), "first", false));
    BOOST_TEST(!write_key_file(folder.file(), "second", false));
    BOOST_TEST(read_all(folder.file()) == "first");
    BOOST_TEST(write_key_file(folder.file(), "third", true));
    BOOST_TEST(read_all(folder.file()) == "third");
    BOOST_TEST(files_in(folder.path) == 1U);
}

BOOST_AUTO_TEST_CASE(first_starts_at_once_agree_on_one_file) {
    const temporary_folder folder;
    std::array<pid_t, 8> children{};
    for (pid_t& child : children) {
        child = ::fork();
        if (child == 0) {
            system_random random;
            try {
                const opened_key_file opened = open_key_file(options_for(folder), random, now);
                std::ofstream((folder.path / std::to_string(::getpid())).string()) << opened.ring->signing_key->kid();
                ::_exit(0);
            } catch (...) {
                ::_exit(1);
            }
        }
    }
    std::set<std::string> kids;
    for (const pid_t child : children) {
        int status = 0;
        BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
        BOOST_TEST(status == 0);
        kids.insert(read_all((folder.path / std::to_string(child)).string()));
    }
    BOOST_TEST(kids.size() == 1U);
    BOOST_TEST(kids.begin()->size() == 43U);
}

BOOST_AUTO_TEST_CASE(a_file_others_may_touch_is_refused) {
    const temporary_folder folder;
    open_at(options_for(folder));
    for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0601U, 0644U, 0666U, 0777U}) {
        BOOST_TEST_REQUIRE(::chmod(folder.file().c_str(), mode) == 0);
        BOOST_TEST(refusal_of(options_for(folder)).find("chmod 600") != std::string::npos);
    }
    for (const mode_t mode : {0600U, 0400U, 0700U}) {
        BOOST_TEST_REQUIRE(::chmod(folder.file().c_str(), mode) == 0);
        BOOST_TEST(refusal_of(options_for(folder)).empty());
    }
}

BOOST_AUTO_TEST_CASE(a_credential_may_show_the_mask_of_its_acl_and_nothing_more) {
    const temporary_folder folder;
    key_file_options options = options_for(folder);
    open_at(options);
    options.is_credential = true;
    BOOST_TEST_REQUIRE(::chmod(folder.file().c_str(), 0440) == 0);
    BOOST_TEST(open_at(options).ring != nullptr);
    for (const mode_t mode : {0460U, 0444U, 0450U}) {
        BOOST_TEST_REQUIRE(::chmod(folder.file().c_str(), mode) == 0);
        BOOST_TEST(refusal_of(options).find("chmod 600") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_file_of_another_user_is_refused) {
    const temporary_folder folder;
    open_at(options_for(folder));
    if (::geteuid() != 0) {
        std::puts("SKIPPED 1 only root can give a file away");
        return;
    }
    BOOST_TEST_REQUIRE(::chown(folder.file().c_str(), 12345, 0) == 0);
    BOOST_TEST(refusal_of(options_for(folder)).find("uid 12345") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_refused) {
    const temporary_folder folder;
    BOOST_TEST_REQUIRE(::mkfifo(folder.file().c_str(), 0600) == 0); // and does not make it wait
    BOOST_TEST(refusal_of(options_for(folder)).find("not a regular file") != std::string::npos);
    fs::remove(folder.file());
    fs::create_directory(folder.file());
    BOOST_TEST(refusal_of(options_for(folder)).find("not a regular file") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_damaged_or_oversized_file_is_refused_and_stays_as_it_is) {
    const temporary_folder folder;
    open_at(options_for(folder));
    const std::string good = read_all(folder.file());
    for (const std::string& text :
         {std::string(), good.substr(0, good.size() / 2), good + good, std::string(key_file_size_max + 1, ' ')}) {
        BOOST_TEST_REQUIRE(write_key_file(folder.file(), text, true));
        const std::string line = refusal_of(options_for(folder));
        BOOST_TEST(line.find(folder.file()) != std::string::npos);
        BOOST_TEST((read_all(folder.file()) == text));
    }
}

BOOST_AUTO_TEST_CASE(a_next_key_of_a_clock_that_was_ahead_is_stamped_anew_in_the_file) {
    const temporary_folder folder;
    const key_file_options options = options_for(folder);
    const opened_key_file opened = open_at(options);
    test::seeded_random random(22);
    const auto publish = [&](std::string_view text) {
        return rotate_signing_key(text, jws_algorithm::eddsa, random, now + seconds(86'400), key_start::published);
    };
    BOOST_TEST_REQUIRE((edit_key_file(options, *opened.ring, publish).ring != nullptr));
    BOOST_TEST((stamp_key_file(options, now + seconds(86'400)).ring == nullptr)); // as it should be
    const auto signs_at = [](const key_ring& ring) { return ring.next_signers.at(0).from; };

    key_file_options credential = options;
    credential.is_credential = true; // not ours to write
    const std::string before = read_all(folder.file());
    const stamped_key_file in_memory = stamp_key_file(credential, now);
    BOOST_TEST_REQUIRE((in_memory.ring != nullptr));
    BOOST_TEST((signs_at(*in_memory.ring) == now + publish_lead));
    BOOST_TEST((read_all(folder.file()) == before));

    const stamped_key_file stamped = stamp_key_file(options, now);
    BOOST_TEST_REQUIRE((stamped.ring != nullptr), stamped.problem);
    BOOST_TEST(stamped.problem.empty());
    BOOST_TEST((signs_at(*stamped.ring) == now + publish_lead));
    BOOST_TEST((signs_at(*read_key_file(options)) == now + publish_lead));
    BOOST_TEST((stamp_key_file(options, now).ring == nullptr));

    fs::remove(folder.file());
    BOOST_TEST(stamp_key_file(options, now).problem.empty()); // nothing there, nothing to do
}

BOOST_AUTO_TEST_CASE(a_changed_algorithm_adds_a_key_to_the_file) {
    const temporary_folder folder;
    const opened_key_file before = open_at(options_for(folder, jws_algorithm::es256));
    const opened_key_file after = open_at(options_for(folder, jws_algorithm::eddsa));
    BOOST_TEST(after.added_signing_key);
    BOOST_TEST((after.ring->signing_key->algorithm() == jws_algorithm::eddsa));
    BOOST_TEST(after.ring->find_verifying(before.ring->signing_key->kid()) != nullptr);
    const opened_key_file again = open_at(options_for(folder, jws_algorithm::eddsa));
    BOOST_TEST(!again.added_signing_key);
    BOOST_TEST(again.ring->signing_key->kid() == after.ring->signing_key->kid());
}

BOOST_AUTO_TEST_CASE(a_symbolic_link_stays_one_when_its_file_is_replaced) {
    const temporary_folder folder;
    const std::string real = (folder.path / "real.json").string();
    key_file_options options = options_for(folder, jws_algorithm::es256);
    options.path = real;
    open_at(options);
    fs::create_symlink("real.json", folder.file());
    BOOST_TEST(open_at(options_for(folder, jws_algorithm::eddsa)).added_signing_key);
    BOOST_TEST(fs::is_symlink(folder.file()));
    options.ring.algorithm = jws_algorithm::eddsa;
    BOOST_TEST(!open_at(options).added_signing_key);
}

BOOST_AUTO_TEST_CASE(a_reload_takes_new_keys_but_no_other_log_key) {
    const temporary_folder folder;
    const opened_key_file opened = open_at(options_for(folder, jws_algorithm::es256));
    const key_file_options changed = options_for(folder, jws_algorithm::eddsa);
    open_at(changed); // adds a key
    const parsed_key_file reloaded = reload_key_file(changed, *opened.ring);
    BOOST_TEST_REQUIRE((reloaded.ring != nullptr), reloaded.error);
    BOOST_TEST(reloaded.ring->generation != opened.ring->generation);
    BOOST_TEST(reloaded.ring->verifying_keys.size() == 2U);
    fs::remove(folder.file());
    BOOST_TEST(reload_key_file(changed, *opened.ring).error.find("missing") != std::string::npos);
    open_at(changed); // fresh
    BOOST_TEST(reload_key_file(changed, *opened.ring).error.find("log key") != std::string::npos);
    BOOST_TEST_REQUIRE(::chmod(folder.file().c_str(), 0644) == 0);
    BOOST_TEST(reload_key_file(changed, *opened.ring).error.find("chmod") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_named) {
    const temporary_folder folder;
    key_file_options options = options_for(folder);
    options.path = (folder.path / "no" / "keys.json").string();
    BOOST_TEST(refusal_of(options).find("can't be written") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(system_randomness)

BOOST_AUTO_TEST_CASE(bytes_never_repeat_within_or_across_threads) {
    system_random random;
    std::array<std::vector<std::array<std::uint8_t, 16>>, 4> drawn;
    std::vector<std::thread> threads;
    for (auto& mine : drawn) {
        threads.emplace_back([&random, &mine] {
            for (int i = 0; i < 500; ++i) {
                random.fill(mine.emplace_back());
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    std::set<std::array<std::uint8_t, 16>> all;
    for (const auto& mine : drawn) {
        all.insert(mine.begin(), mine.end());
    }
    BOOST_TEST(all.size() == 2000U);
}

BOOST_AUTO_TEST_CASE(every_size_is_filled) {
    system_random random;
    for (const std::size_t size : {0U, 1U, 127U, 128U, 129U, 255U, 256U, 257U, 5000U}) {
        std::vector<std::uint8_t> seen(size);
        for (int i = 0; i < 12; ++i) { // a byte that stays zero twelve times over was never written
            std::vector<std::uint8_t> bytes(size);
            random.fill(bytes);
            std::transform(seen.begin(), seen.end(), bytes.begin(), seen.begin(), std::bit_or<>());
        }
        BOOST_TEST(std::count(seen.begin(), seen.end(), std::uint8_t{0}) == 0);
    }
}

BOOST_AUTO_TEST_CASE(a_child_does_not_draw_what_its_parent_draws) {
    system_random random;
    std::array<std::uint8_t, 16> before{}, mine{}, childs{};
    random.fill(before); // the pool holds bytes now
    std::array<int, 2> ends{};
    BOOST_TEST_REQUIRE(::pipe(ends.data()) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        random.fill(childs);
        ::_exit(::write(ends[1], childs.data(), childs.size()) == 16 ? 0 : 1);
    }
    random.fill(mine);
    int status = 1;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST_REQUIRE(status == 0);
    BOOST_TEST_REQUIRE(::read(ends[0], childs.data(), childs.size()) == 16);
    BOOST_TEST((mine != childs));
    ::close(ends[0]);
    ::close(ends[1]);
}

BOOST_AUTO_TEST_SUITE_END()
