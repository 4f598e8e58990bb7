#include "app/process/sandbox.hpp"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <sched.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>

namespace pawl::app {

namespace {

// With any arguments, in every role. In groups: files, memory, time and waiting, sockets that exist, signals, threads,
// what the process asks about itself.
constexpr std::array always{
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(preadv),
    SCMP_SYS(preadv2),
    SCMP_SYS(close),
    SCMP_SYS(close_range),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(lseek),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fcntl),
    SCMP_SYS(dup),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(msync),
    SCMP_SYS(mlock),
    SCMP_SYS(mlock2),
    SCMP_SYS(munlock),
    SCMP_SYS(mincore),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(futex),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_pwait2),
    SCMP_SYS(eventfd2),
    SCMP_SYS(timer_create),
    SCMP_SYS(timer_settime),
    SCMP_SYS(timer_delete),
    SCMP_SYS(timerfd_create),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    SCMP_SYS(alarm),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(rt_sigpending),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(membarrier),
    SCMP_SYS(getpriority),
    SCMP_SYS(setpriority),
    SCMP_SYS(getrandom),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage),
    SCMP_SYS(times),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
};

// Of the server alone: files that change, whose opening is Landlock's matter, and clients that come.
constexpr std::array of_server{
    SCMP_SYS(open),    SCMP_SYS(openat),    SCMP_SYS(truncate),        SCMP_SYS(ftruncate),       SCMP_SYS(fallocate),
    SCMP_SYS(fsync),   SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range), SCMP_SYS(copy_file_range), SCMP_SYS(pwrite64),
    SCMP_SYS(pwritev), SCMP_SYS(pwritev2),  SCMP_SYS(mkdir),           SCMP_SYS(mkdirat),         SCMP_SYS(rmdir),
    SCMP_SYS(unlink),  SCMP_SYS(unlinkat),  SCMP_SYS(rename),          SCMP_SYS(renameat),        SCMP_SYS(renameat2),
    SCMP_SYS(link),    SCMP_SYS(linkat),    SCMP_SYS(fchmod),          SCMP_SYS(umask),           SCMP_SYS(flock),
    SCMP_SYS(listen),  SCMP_SYS(accept),    SCMP_SYS(accept4),
};

// Of the supervisor: making a worker, ending it, and what a worker does before it has closed itself in.
constexpr std::array of_supervisor{
    SCMP_SYS(clone),
    SCMP_SYS(fork),
    SCMP_SYS(wait4),
    SCMP_SYS(kill),
    SCMP_SYS(tgkill),
    SCMP_SYS(socketpair),
    SCMP_SYS(landlock_create_ruleset),
    SCMP_SYS(landlock_add_rule),
    SCMP_SYS(landlock_restrict_self),
    SCMP_SYS(seccomp),
    SCMP_SYS(prctl),
};

// Never by mistake: only somebody who has taken the process over calls these.
constexpr std::array deadly{
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
};

// Collects rules; the first that fails is remembered.
class rule_adder {
public:
    explicit rule_adder(scmp_filter_ctx context) : context_(context) {}

    template <class... Comparisons>
    void add(std::uint32_t action, int call, Comparisons... comparisons) {
        const int result = seccomp_rule_add(context_, action, call, sizeof...(comparisons), comparisons...);
        if (result != 0 && error_ == 0) {
            error_ = -result;
        }
    }
    template <class... Comparisons>
    void allow(int call, Comparisons... comparisons) {
        add(SCMP_ACT_ALLOW, call, comparisons...);
    }
    void attribute(scmp_filter_attr name, std::uint32_t value) {
        const int result = seccomp_attr_set(context_, name, value);
        if (result != 0 && error_ == 0) {
            error_ = -result;
        }
    }
    int error() const { return error_; }

private:
    scmp_filter_ctx context_;
    int error_ = 0;
};

scmp_arg_cmp equals(unsigned argument, std::uint64_t value) {
    return {argument, SCMP_CMP_EQ, value, 0};
}

scmp_arg_cmp has_bits(unsigned argument, std::uint64_t mask, std::uint64_t value) {
    return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// The calls of a connection to elsewhere, and of the resolver, which sends both its questions at once and asks how long
// an answer is. Files are opened for reading alone.
void add_outgoing_rules(rule_adder& rules) {
    for (const int family : {AF_INET, AF_INET6}) {
        rules.allow(SCMP_SYS(socket), equals(0, static_cast<std::uint64_t>(family)));
    }
    rules.allow(SCMP_SYS(connect));
    rules.allow(SCMP_SYS(sendmmsg));
    rules.allow(SCMP_SYS(ioctl), equals(1, std::uint64_t{FIONREAD}));
    constexpr std::uint64_t changes = O_ACCMODE | O_CREAT | O_TRUNC;
    rules.allow(SCMP_SYS(open), has_bits(1, changes, O_RDONLY));
    rules.allow(SCMP_SYS(openat), has_bits(2, changes, O_RDONLY));
}

// What one role has and another has not.
void add_rules_of_role(rule_adder& rules, process_role role) {
    if (role == process_role::server) {
        for (const int call : of_server) {
            rules.allow(call);
        }
        return;
    }
    add_outgoing_rules(rules);
    if (role == process_role::egress_supervisor) {
        for (const int call : of_supervisor) {
            rules.allow(call);
        }
    }
}

void add_rules(rule_adder& rules, const call_rules& wanted) {
    rules.attribute(SCMP_FLTATR_CTL_TSYNC, 1);
    rules.attribute(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    for (const int call : always) {
        rules.allow(call);
    }
    for (const int call : deadly) {
        rules.add(SCMP_ACT_KILL_PROCESS, call);
    }
    // Threads, no processes. clone3 has its flags in memory, where no filter sees them; the C library then uses clone.
    if (wanted.role != process_role::egress_supervisor) {
        rules.allow(SCMP_SYS(clone), has_bits(0, CLONE_THREAD, CLONE_THREAD));
    }
    rules.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
    // Nothing that is to be executed.
    rules.allow(SCMP_SYS(mmap), has_bits(2, PROT_EXEC, 0));
    rules.allow(SCMP_SYS(mprotect), has_bits(2, PROT_EXEC, 0));
    // Asio makes sockets non-blocking with it, and the C library asks whether stdout is a terminal. Few other requests:
    // ioctl() has thousands.
    for (const std::uint64_t request : {std::uint64_t{FIONBIO}, std::uint64_t{TCGETS}}) {
        rules.allow(SCMP_SYS(ioctl), equals(1, request));
    }
    if (wanted.role != process_role::egress_supervisor) { // that one has all of prctl()
        rules.allow(SCMP_SYS(prctl), equals(0, PR_SET_NAME));
        rules.allow(SCMP_SYS(prctl), equals(0, PR_GET_NAME));
        rules.allow(SCMP_SYS(tgkill), equals(0, static_cast<std::uint64_t>(::getpid()))); // abort()
    }
    rules.allow(SCMP_SYS(prlimit64), equals(2, 0)); // to look, not to set
    // adjtimex(): whether the wall clock is synchronised. To set it takes a privilege; what is asked for is in memory.
    rules.allow(SCMP_SYS(clock_adjtime), equals(0, CLOCK_REALTIME));
    if constexpr (SCMP_SYS(alarm) < 0) { // a machine without the call: the C library's alarm() sets this timer
        rules.allow(SCMP_SYS(setitimer), equals(0, ITIMER_REAL));
    }
    if (wanted.unix_sockets) {
        rules.allow(SCMP_SYS(socket), equals(0, AF_UNIX));
    }
    add_rules_of_role(rules, wanted.role);
}

} // namespace

sandbox_step restrict_calls(const call_rules& wanted) {
    sandbox_step out;
    const std::unique_ptr<void, decltype(&seccomp_release)> context(seccomp_init(SCMP_ACT_ERRNO(EPERM)),
                                                                    seccomp_release);
    if (!context) {
        out.why = "no filter";
        return out;
    }
    rule_adder rules(context.get());
    add_rules(rules, wanted);
    const int result = rules.error() != 0 ? -rules.error() : seccomp_load(context.get());
    if (result != 0) {
        out.why = std::strerror(-result);
        return out;
    }
    out.applied = true;
    return out;
}

} // namespace pawl::app
