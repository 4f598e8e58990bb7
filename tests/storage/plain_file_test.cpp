// What is removed, replaced or filled: regular files of ours, and descriptors that are closed.
#include "storage/plain_file.hpp"
#include "storage/standard_descriptors.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

using namespace pawl::storage;
namespace fs = std::filesystem;

namespace {

struct folder {
    fs::path path;
    folder() {
        std::string name = (fs::temp_directory_path() / "pawl-plain-file-XXXXXX").string();
        BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    std::string file(const char* name) const { return (path / name).string(); }
    std::string written(const char* name, const char* text) const {
        std::ofstream(path / name) << text;
        return file(name);
    }
};

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The exit status of a child that does this; the child ends without destroying anything.
int in_child(const std::function<int()>& what) {
    const pid_t child = ::fork();
    BOOST_TEST_REQUIRE(child >= 0);
    if (child == 0) {
        ::_exit(what());
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_TEST_REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

// 0 where, with the descriptors of `closed` closed, all are filled and a file that is opened then gets a higher number.
int fill_with_closed(unsigned closed) {
    for (int fd = 0; fd <= 2; ++fd) {
        if ((closed >> static_cast<unsigned>(fd) & 1U) != 0) {
            ::close(fd);
        }
    }
    if (!fill_standard_descriptors()) {
        return 1;
    }
    if (::open("/", O_RDONLY | O_DIRECTORY) <= 2) {
        return 2;
    }
    std::array<char, 1> byte{};
    for (int fd = 0; fd <= 2; ++fd) {
        const bool was_closed = (closed >> static_cast<unsigned>(fd) & 1U) != 0;
        const ssize_t n = fd == 0 ? ::read(fd, byte.data(), 1) : was_closed ? ::write(fd, "x", 1) : -1;
        if (::fcntl(fd, F_GETFD) < 0 || (was_closed && (n >= 0 || errno != EBADF))) {
            return 3;
        }
    }
    return 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plain_file)

BOOST_AUTO_TEST_CASE(a_regular_file_is_removed_and_what_is_not_there_is_no_error) {
    const folder f;
    const std::string path = f.written("file", "old");
    BOOST_TEST(!remove_plain_file(path));
    BOOST_TEST(!fs::exists(path));
    BOOST_TEST(!remove_plain_file(path));
    BOOST_TEST(!check_plain_or_absent(path));
}

BOOST_AUTO_TEST_CASE(a_device_a_fifo_a_link_and_a_directory_are_neither_removed_nor_replaced) {
    const folder f;
    BOOST_TEST_REQUIRE(::mkfifo(f.file("fifo").c_str(), 0600) == 0);
    fs::create_symlink("/dev/null", f.file("link"));
    fs::create_symlink(f.written("target", "kept"), f.file("link-to-file"));
    fs::create_directory(f.file("directory"));
    for (const std::string& path : {f.file("fifo"), f.file("link"), f.file("link-to-file"), f.file("directory")}) {
        BOOST_TEST_CONTEXT(path) {
            BOOST_TEST((check_plain_or_absent(path) == std::errc::operation_not_supported));
            BOOST_TEST((remove_plain_file(path) == std::errc::operation_not_supported));
            const std::string fresh = f.written("fresh", "new");
            BOOST_TEST((replace_plain_file(fresh, path) == std::errc::operation_not_supported));
            std::error_code ec;
            BOOST_TEST(!make_temporary_file(path, ec));
            BOOST_TEST((ec == std::errc::operation_not_supported));
            BOOST_TEST((fs::symlink_status(path).type() != fs::file_type::not_found));
        }
    }
    BOOST_TEST(text_of(f.file("target")) == "kept");
    BOOST_TEST((check_plain_or_absent("/dev/null") == std::errc::operation_not_supported));
}

BOOST_AUTO_TEST_CASE(a_temporary_file_is_new_and_for_its_owner_alone_whatever_the_umask_says) {
    const folder f;
    const std::string path = f.written("fresh.tmp", "left over by a run that was killed");
    fs::permissions(path, fs::perms::all);
    struct stat before{};
    BOOST_TEST_REQUIRE(::stat(path.c_str(), &before) == 0);
    const int held = ::open(path.c_str(), O_RDONLY); // so that its inode is not given again
    const mode_t mask = ::umask(0);
    std::error_code ec;
    const unique_fd file = make_temporary_file(path, ec);
    ::umask(mask);
    BOOST_TEST_REQUIRE(!ec);
    struct stat made{};
    BOOST_TEST_REQUIRE(::fstat(file.get(), &made) == 0);
    BOOST_TEST(made.st_ino != before.st_ino);
    BOOST_TEST((made.st_mode & 07777U) == 0600U);
    BOOST_TEST(made.st_size == 0);
    ::close(held);
    BOOST_TEST(!replace_plain_file(path, f.written("there", "old")));
    BOOST_TEST(text_of(f.file("there")).empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(standard_descriptors)

BOOST_AUTO_TEST_CASE(whichever_are_closed_are_filled_so_that_no_file_gets_their_numbers) {
    for (unsigned closed = 0; closed < 8; ++closed) {
        BOOST_TEST(in_child([closed] { return fill_with_closed(closed); }) == 0, "closed: " << closed);
    }
}

BOOST_AUTO_TEST_CASE(without_a_null_device_they_are_filled_all_the_same) {
    if (::geteuid() != 0) {
        return; // chroot is root's
    }
    const folder bare;
    const folder with_a_file; // named /dev/null, and no device
    fs::create_directory(with_a_file.path / "dev");
    std::ofstream(with_a_file.path / "dev/null") << "data";
    for (const fs::path& root : {bare.path, with_a_file.path}) {
        for (unsigned closed = 1; closed < 8; ++closed) {
            const auto filled = [&] { return ::chroot(root.c_str()) == 0 ? fill_with_closed(closed) : 9; };
            BOOST_TEST(in_child(filled) == 0, root << " closed: " << closed);
        }
    }
    BOOST_TEST(text_of((with_a_file.path / "dev/null").string()) == "data");
}

BOOST_AUTO_TEST_SUITE_END()
