#include "app/process/sandbox.hpp"

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

// With any arguments. Opening is Landlock's matter. In groups: files, memory, time and waiting, sockets that exist,
// signals, threads, what the process asks about itself.
constexpr std::array always{
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(preadv),
    SCMP_SYS(pwritev),
    SCMP_SYS(preadv2),
    SCMP_SYS(pwritev2),
    SCMP_SYS(open),
    SCMP_SYS(openat),
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
    SCMP_SYS(truncate),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fadvise64),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(sync_file_range),
    SCMP_SYS(copy_file_range),
    SCMP_SYS(flock),
    SCMP_SYS(fcntl),
    SCMP_SYS(dup),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(getdents64),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(fchmod),
    SCMP_SYS(umask),
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
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
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
    rules.allow(SCMP_SYS(clone), has_bits(0, CLONE_THREAD, CLONE_THREAD));
    rules.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
    // Nothing that is to be executed.
    rules.allow(SCMP_SYS(mmap), has_bits(2, PROT_EXEC, 0));
    rules.allow(SCMP_SYS(mprotect), has_bits(2, PROT_EXEC, 0));
    // Asio makes sockets non-blocking with it, the C library asks whether stdout is a terminal, and its resolver how
    // long an answer is. No other request: ioctl() has thousands.
    for (const std::uint64_t request : {std::uint64_t{FIONBIO}, std::uint64_t{TCGETS}, std::uint64_t{FIONREAD}}) {
        if (request != FIONREAD || wanted.outgoing_tcp) {
            rules.allow(SCMP_SYS(ioctl), equals(1, request));
        }
    }
    rules.allow(SCMP_SYS(prctl), equals(0, PR_SET_NAME));
    rules.allow(SCMP_SYS(prctl), equals(0, PR_GET_NAME));
    rules.allow(SCMP_SYS(prlimit64), equals(2, 0)); // to look, not to set
    // adjtimex(): whether the wall clock is synchronised. To set it takes a privilege; what is asked for is in memory.
    rules.allow(SCMP_SYS(clock_adjtime), equals(0, CLOCK_REALTIME));
    rules.allow(SCMP_SYS(tgkill), equals(0, static_cast<std::uint64_t>(::getpid()))); // abort()
    if constexpr (SCMP_SYS(alarm) < 0) { // a machine without the call: the C library's alarm() sets this timer
        rules.allow(SCMP_SYS(setitimer), equals(0, ITIMER_REAL));
    }
    if (wanted.unix_sockets) {
        rules.allow(SCMP_SYS(socket), equals(0, AF_UNIX));
    }
    if (wanted.outgoing_tcp) {
        for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
            if (family != AF_UNIX || !wanted.unix_sockets) {
                rules.allow(SCMP_SYS(socket), equals(0, static_cast<std::uint64_t>(family)));
            }
        }
        rules.allow(SCMP_SYS(connect));
        rules.allow(SCMP_SYS(sendmmsg)); // of the resolver: both questions at once
    }
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
