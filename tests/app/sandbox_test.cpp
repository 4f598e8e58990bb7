#include "app/process/sandbox.hpp"
#include "app/worker/cooperative_yield.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

using namespace pawl::app;
namespace fs = std::filesystem;

namespace {

constexpr int not_applied = 250;
constexpr call_rules egress_worker{.role = process_role::egress_worker, .unix_sockets = false};
constexpr call_rules with_unix_sockets{.role = process_role::server, .unix_sockets = true};

struct folder {
    fs::path path;
    folder() {
        std::string name = (fs::temp_directory_path() / "pawl-sandbox-XXXXXX").string();
        BOOST_TEST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
        fs::create_directory(path / "in");
        fs::create_directory(path / "read");
        fs::create_directory(path / "sockets");
        std::ofstream(path / "read" / "a") << "a";
        std::ofstream(path / "out") << "secret";
    }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() { fs::remove_all(path); }
    std::string at(const char* name) const { return (path / name).string(); }
};

// The wait status of a child that closes itself in as the server does and returns what `attempt` does: an errno, 0
// where it succeeded.
int in_sandbox(const folder& where, const call_rules& calls, const std::function<int()>& attempt) {
    const pid_t child = ::fork();
    if (child == 0) {
        const sandbox_step files = restrict_files({{where.at("read")}, {where.at("in")}, {where.at("sockets")}});
        const sandbox_step system = restrict_calls(calls);
        ::_exit(files.applied && system.applied ? attempt() : not_applied);
    }
    int status = 0;
    BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

int errno_of(const folder& where, const std::function<int()>& attempt, const call_rules& calls = {}) {
    const int status = in_sandbox(where, calls, attempt);
    BOOST_TEST_REQUIRE(WIFEXITED(status), "it ended by signal " << WTERMSIG(status));
    return WEXITSTATUS(status);
}

int signal_of(const folder& where, const std::function<int()>& attempt) {
    const int status = in_sandbox(where, {}, attempt);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int result_of(long value) {
    return value < 0 ? errno : 0;
}

int opens(const std::string& path, int flags) {
    return result_of(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

// This kernel and this build can do both; a child tells, so that this process stays as it is.
bool possible() {
    static const bool answer = [] {
        if (!sandbox_fits_this_build()) {
            return false;
        }
        const folder where;
        return WEXITSTATUS(in_sandbox(where, {}, [] { return 0; })) != not_applied;
    }();
    if (!answer) {
        std::puts("SKIPPED 1 no sandbox in this build or under this kernel");
    }
    return answer;
}

boost::test_tools::assertion_result can_sandbox(boost::unit_test::test_unit_id /*id*/) {
    return possible();
}

} // namespace

BOOST_AUTO_TEST_SUITE(sandbox_suite, *boost::unit_test::precondition(can_sandbox))

BOOST_AUTO_TEST_CASE(files_outside_cannot_be_opened_and_those_inside_can) {
    const folder where;
    BOOST_TEST(errno_of(where, [&] { return opens("/etc/passwd", O_RDONLY); }) == EACCES);
    BOOST_TEST(errno_of(where, [&] { return opens(where.at("out"), O_RDONLY); }) == EACCES);
    BOOST_TEST(errno_of(where, [&] { return opens(where.at("new"), O_WRONLY | O_CREAT); }) == EACCES);
    BOOST_TEST(errno_of(where, [&] { return opens("/proc/self/environ", O_RDONLY); }) == EACCES);
    BOOST_TEST(errno_of(where, [&] { return opens(where.at("in/new"), O_WRONLY | O_CREAT); }) == 0);
    BOOST_TEST(errno_of(where, [&] { return opens(where.at("read/a"), O_RDONLY); }) == 0);
    BOOST_TEST(errno_of(where, [&] { return opens(where.at("read/a"), O_RDWR); }) == EACCES);
    BOOST_TEST(errno_of(where, [&] { return opens(where.at("read/none"), O_RDONLY); }) == ENOENT);
}

BOOST_AUTO_TEST_CASE(names_outside_cannot_be_changed) {
    const folder where;
    const std::string in = where.at("in/f");
    std::ofstream(in) << "f";
    BOOST_TEST(errno_of(where, [&] { return result_of(::unlink(where.at("out").c_str())); }) == EACCES);
    BOOST_TEST(errno_of(where, [&] { return result_of(::rename(where.at("out").c_str(), in.c_str())); }) != 0);
    BOOST_TEST(errno_of(where, [&] { return result_of(::symlink("/etc", where.at("in/link").c_str())); }) != 0);
    BOOST_TEST(errno_of(where, [&] { return result_of(::rename(in.c_str(), where.at("in/g").c_str())); }) == 0);
    BOOST_TEST(errno_of(where, [&] { return result_of(::truncate(where.at("read/a").c_str(), 0)); }) == EACCES);
    BOOST_TEST(fs::file_size(where.at("read/a")) == 1U);
}

BOOST_AUTO_TEST_CASE(running_a_program_and_looking_into_processes_kill) {
    const folder where;
    BOOST_TEST(signal_of(where, [] { return result_of(::execl("/bin/true", "true", nullptr)); }) == SIGSYS);
    BOOST_TEST(signal_of(where, [] { return result_of(::syscall(SYS_execveat, -1, "/bin/true", 0, 0, 0)); }) == SIGSYS);
    BOOST_TEST(signal_of(where, [] { return result_of(::ptrace(PTRACE_TRACEME, 0, 0, 0)); }) == SIGSYS);
    BOOST_TEST(signal_of(where, [] {
                   return result_of(::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0));
               }) == SIGSYS);
}

BOOST_AUTO_TEST_CASE(no_process_mount_or_executable_memory_can_be_made) {
    const folder where;
    BOOST_TEST(errno_of(where, [] { return result_of(::fork()); }) == EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::syscall(SYS_vfork)); }) == EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::mount("none", "/mnt", "tmpfs", 0, nullptr)); }) == EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::unshare(CLONE_NEWUSER)); }) == EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::kill(::getppid(), 0)); }) == EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::syscall(SYS_bpf, 0, nullptr, 0)); }) == EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::syscall(SYS_io_uring_setup, 1, nullptr)); }) == EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::syscall(SYS_memfd_create, "x", 0)); }) == EPERM);
    BOOST_TEST(errno_of(where, [] {
                   void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                   return page == MAP_FAILED ? errno : 0;
               }) == EPERM);
    BOOST_TEST(errno_of(where, [] {
                   void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                   return result_of(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
               }) == EPERM);
}

BOOST_AUTO_TEST_CASE(sockets_are_there_only_where_asked_for) {
    const folder where;
    const auto opened = [](int family, int type) { return [=] { return result_of(::socket(family, type, 0)); }; };
    for (const int family : {AF_PACKET, AF_NETLINK, AF_UNIX, AF_INET, AF_INET6, AF_VSOCK}) {
        BOOST_TEST(errno_of(where, opened(family, SOCK_DGRAM)) == EPERM);
    }
    BOOST_TEST(errno_of(where, opened(AF_UNIX, SOCK_DGRAM), with_unix_sockets) == 0);
    BOOST_TEST(errno_of(where, opened(AF_INET, SOCK_STREAM), with_unix_sockets) == EPERM);
    for (const int family : {AF_INET, AF_INET6}) {
        BOOST_TEST(errno_of(where, opened(family, SOCK_STREAM), egress_worker) == 0);
    }
    for (const int family : {AF_PACKET, AF_NETLINK, AF_UNIX, AF_VSOCK}) {
        BOOST_TEST(errno_of(where, opened(family, SOCK_DGRAM), egress_worker) == EPERM);
    }
}

BOOST_AUTO_TEST_CASE(a_server_connects_to_nothing) {
    const folder where;
    const auto connects = [] {
        sockaddr_in nowhere{};
        nowhere.sin_family = AF_INET;
        return result_of(::connect(-1, reinterpret_cast<const sockaddr*>(&nowhere), sizeof nowhere));
    };
    BOOST_TEST(errno_of(where, connects) == EPERM);
    BOOST_TEST(errno_of(where, connects, call_rules_of_server()) == EPERM);
    BOOST_TEST(errno_of(where, connects, egress_worker) == EBADF);
}

BOOST_AUTO_TEST_CASE(an_egress_worker_waits_for_no_client_and_changes_no_file) {
    const folder where;
    BOOST_TEST(errno_of(
                   where,
                   [] {
                       sockaddr any{};
                       any.sa_family = AF_INET;
                       return result_of(::bind(::socket(AF_INET, SOCK_STREAM, 0), &any, sizeof(sockaddr)));
                   },
                   egress_worker) == EPERM);
    BOOST_TEST(errno_of(
                   where, [] { return result_of(::listen(::socket(AF_INET, SOCK_STREAM, 0), 1)); }, egress_worker) ==
               EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::accept(-1, nullptr, nullptr)); }, egress_worker) == EPERM);
    // Also where Landlock would let it.
    for (const int flags : {O_WRONLY, O_RDWR, O_CREAT | O_WRONLY, O_TRUNC, O_CREAT}) {
        BOOST_TEST(errno_of(where, [&] { return opens(where.at("in/new"), flags); }, egress_worker) == EPERM);
    }
    BOOST_TEST(errno_of(where, [&] { return opens(where.at("read/a"), O_RDONLY); }, egress_worker) == 0);
    BOOST_TEST(
        errno_of(where, [&] { return result_of(::unlink(where.at("read/a").c_str())); }, egress_worker) == EPERM);
    BOOST_TEST(
        errno_of(where, [&] { return result_of(::mkdir(where.at("in/d").c_str(), 0700)); }, egress_worker) == EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::fork()); }, egress_worker) == EPERM);
    BOOST_TEST(errno_of(where, [] { return result_of(::kill(::getppid(), 0)); }, egress_worker) == EPERM);
}

BOOST_AUTO_TEST_CASE(a_worker_is_closed_in_further_than_its_supervisor) {
    const folder where;
    const int status = in_sandbox(where, {.role = process_role::egress_supervisor, .unix_sockets = false}, [] {
        const pid_t worker = ::fork();
        if (worker == 0) {
            const bool applied = restrict_calls(egress_worker).applied;
            ::_exit(applied && result_of(::fork()) == EPERM && result_of(::socket(AF_INET, SOCK_STREAM, 0)) == 0 ? 0
                                                                                                                 : 1);
        }
        int ended = 1;
        return worker < 0 || ::waitpid(worker, &ended, 0) != worker ? errno : ended;
    });
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 0);
}

BOOST_AUTO_TEST_CASE(of_ioctl_there_is_only_what_the_server_needs) {
    const folder where;
    const auto asks = [](unsigned long request) {
        return [request] {
            const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
            std::array<char, 256> value{};
            return result_of(::ioctl(fd < 0 ? 0 : fd, request, value.data()));
        };
    };
    for (const int request : {FIONBIO, TCGETS}) {
        BOOST_TEST(errno_of(where, asks(static_cast<unsigned long>(request))) != EPERM);
    }
    for (const int request : {TIOCSTI, TIOCGWINSZ, TCSETS, SIOCGIFCONF, FIONREAD, FIOASYNC}) {
        BOOST_TEST(errno_of(where, asks(static_cast<unsigned long>(request))) == EPERM);
    }
    BOOST_TEST(errno_of(where, asks(FIONREAD), egress_worker) != EPERM); // the resolver's
}

BOOST_AUTO_TEST_CASE(a_thread_that_computes_can_still_give_way) {
    const folder where;
    BOOST_TEST(errno_of(where, [] {
                   cooperative_yield others;
                   const cooperative_yield::scope scope(others);
                   return others.armed() ? 0 : ENOSYS;
               }) == 0);
}

BOOST_AUTO_TEST_CASE(the_system_can_be_asked_whether_its_clock_is_synchronised_but_of_no_other_clock) {
    const folder where;
    const auto asked = [] {
        timex state{};
        return result_of(::adjtimex(&state));
    };
    BOOST_TEST(errno_of(where, asked) == asked()); // what it is outside
    BOOST_TEST(errno_of(where, [] {
                   timex state{};
                   return result_of(::clock_adjtime(CLOCK_MONOTONIC, &state));
               }) == EPERM);
    BOOST_TEST(errno_of(where, [] {
                   const timespec epoch{};
                   return result_of(::clock_settime(CLOCK_REALTIME, &epoch));
               }) == EPERM);
}

BOOST_AUTO_TEST_CASE(threads_that_were_there_before_are_closed_in_too) {
    const folder where;
    const int status = [&] {
        const pid_t child = ::fork();
        if (child == 0) {
            std::atomic<bool> closed{false};
            int result = 0;
            const sandbox_step files = restrict_files({{}, {where.at("in")}, {}});
            std::thread before([&] {
                closed.wait(false);
                result = result_of(::unshare(CLONE_FILES)) == EPERM && opens("/etc/passwd", O_RDONLY) == EACCES;
            });
            const bool applied = files.applied && restrict_calls({}).applied;
            closed = true;
            closed.notify_one();
            before.join();
            std::thread([&] {
                result += result_of(::unshare(CLONE_FILES)) == EPERM;
            }).join(); // and threads can be made
            ::_exit(applied ? result : not_applied);
        }
        int ended = 0;
        ::waitpid(child, &ended, 0);
        return ended;
    }();
    BOOST_TEST(WIFEXITED(status));
    BOOST_TEST(WEXITSTATUS(status) == 2);
}

BOOST_AUTO_TEST_SUITE_END()
