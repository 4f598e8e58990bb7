#include "app/egress/supervisor.hpp"

#include "app/config/config.hpp"
#include "app/egress/deaths.hpp"
#include "app/egress/destination.hpp"
#include "app/egress/worker.hpp"
#include "app/process/forget.hpp"
#include "app/process/signals.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace pawl::app {

namespace {

constexpr int failed_status = 1;
constexpr std::uint32_t exited = 256; // besides the status
constexpr std::uint8_t kill_order = 'k';

// As it goes over the control channel.
struct news_bytes {
    std::uint8_t kind = 0;
    std::uint32_t detail = 0;
};

std::array<storage::unique_fd, 2> make_pair() {
    std::array<int, 2> fds{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds.data()) != 0) {
        throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    return {storage::unique_fd(fds[0]), storage::unique_fd(fds[1])};
}

// Ends this process with the one that forked it.
void follow(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(0);
    }
}

// Descriptors that the server was started with are its own: its log, its listeners.
void close_all_but(int kept) {
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    const int instead = nothing >= 0 ? nothing : ::open("/", O_PATH | O_CLOEXEC);
    for (int fd = 0; fd < 3 && instead >= 0 && sandbox_fits_this_build(); ++fd) { // sanitizers tell on stderr
        ::dup2(instead, fd);
    }
    const auto last = static_cast<unsigned>(kept);
    ::close_range(3, last - 1, 0);
    ::close_range(last + 1, ~0U, 0);
}

class supervisor {
public:
    supervisor(storage::unique_fd control, std::vector<egress_destination> places, bool sandboxed)
        : control_(std::move(control)), places_(std::move(places)), sandboxed_(sandboxed) {}

    [[noreturn]] void run() {
        for (;;) {
            make_worker();
            const int status = wait_for_worker();
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
                say(egress_news_kind::ended, 0);
                continue;
            }
            say(egress_news_kind::ended, WIFSIGNALED(status)
                                             ? static_cast<std::uint32_t>(WTERMSIG(status))
                                             : exited + static_cast<std::uint32_t>(WEXITSTATUS(status)));
            if (deaths_.too_many(std::chrono::steady_clock::now())) {
                say(egress_news_kind::paused, 0);
                listen_for(egress_pause);
            }
        }
    }

private:
    void make_worker() {
        std::array<storage::unique_fd, 2> pair = make_pair();
        const pid_t self = ::getpid();
        worker_ = ::fork();
        if (worker_ == 0) {
            follow(self);
            ::prctl(PR_SET_NAME, "pawl-egress-w");
            pair[0].reset();
            control_.reset();
            sigset_t none;
            sigemptyset(&none);
            sigaddset(&none, SIGTERM); // it ends with the server, which alone is told of the stop
            sigaddset(&none, SIGINT);
            sigaddset(&none, SIGHUP);
            ::sigprocmask(SIG_SETMASK, &none, nullptr);
            run_egress_worker(std::move(pair[1]), places_, sandboxed_);
        }
        if (worker_ > 0) {
            say(egress_news_kind::worker, 0, pair[0].get());
        }
    }

    // Its status; as of one that failed if it could not be made.
    int wait_for_worker() {
        if (worker_ < 0) {
            return failed_status << 8;
        }
        int status = 0;
        while (::waitpid(worker_, &status, WNOHANG) != worker_) {
            listen_for(std::chrono::hours(1));
        }
        worker_ = -1;
        return status;
    }

    // Until a child ended, or `how_long` is over. Does what the server says; ends with it.
    void listen_for(std::chrono::seconds how_long) {
        const auto until = std::chrono::steady_clock::now() + how_long;
        for (auto left = how_long; left.count() > 0;
             left = std::chrono::ceil<std::chrono::seconds>(until - std::chrono::steady_clock::now())) {
            pollfd look{control_.get(), POLLIN, 0};
            const timespec wait{left.count(), 0};
            sigset_t with_children = blocked_;
            sigdelset(&with_children, SIGCHLD);
            const int n = ::ppoll(&look, 1, &wait, &with_children);
            if (n < 0 && worker_ > 0) {
                return; // a child
            }
            std::uint8_t order = 0;
            const ssize_t got = n > 0 ? ::recv(control_.get(), &order, sizeof order, MSG_DONTWAIT) : 1;
            if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
                end();
            }
            if (n > 0 && order == kill_order && worker_ > 0) {
                ::kill(worker_, SIGKILL);
            }
        }
    }

    [[noreturn]] void end() const {
        if (worker_ > 0) {
            ::kill(worker_, SIGKILL);
        }
        ::_exit(0);
    }

    void say(egress_news_kind kind, std::uint32_t detail, int channel = -1) {
        news_bytes bytes{static_cast<std::uint8_t>(kind), detail};
        iovec part{&bytes, sizeof bytes};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> extra{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (channel >= 0) {
            message.msg_control = extra.data();
            message.msg_controllen = extra.size();
            cmsghdr* const head = CMSG_FIRSTHDR(&message);
            head->cmsg_level = SOL_SOCKET;
            head->cmsg_type = SCM_RIGHTS;
            head->cmsg_len = CMSG_LEN(sizeof(int));
            std::memcpy(CMSG_DATA(head), &channel, sizeof channel);
        }
        while (::sendmsg(control_.get(), &message, MSG_NOSIGNAL) < 0) {
            if (errno != EINTR) {
                end();
            }
        }
    }

    storage::unique_fd control_;
    const std::vector<egress_destination> places_;
    const bool sandboxed_;
    const sigset_t blocked_ = [] {
        sigset_t set;
        ::sigprocmask(SIG_SETMASK, nullptr, &set);
        return set;
    }();
    pid_t worker_ = -1;
    death_counter deaths_;
};

// What the forked process does before anything else.
void leave_the_server(const config& settings, int control, pid_t parent) {
    follow(parent);
    set_up_signals();
    std::signal(SIGCHLD, [](int) {}); // not ignored: it is waited for
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    ::prctl(PR_SET_NAME, "pawl-egress");
    close_all_but(control);
    if (!settings.dev) {
        ::prctl(PR_SET_DUMPABLE, 0);
        constexpr rlimit no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
    }
    if (settings.secret_key) {
        forget_everywhere(settings.secret_key->reveal());
    }
    // A resolver that waits must not outlast an exchange by much: no more than this long for each of its servers.
    ::setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
}

} // namespace

std::optional<egress_news> egress_link::news() {
    news_bytes bytes;
    iovec part{&bytes, sizeof bytes};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> extra{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = extra.data();
    message.msg_controllen = extra.size();
    const ssize_t n = ::recvmsg(control_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return std::nullopt;
    }
    egress_news out;
    if (n != sizeof bytes) {
        out.kind = egress_news_kind::gone;
        return out;
    }
    out.kind = static_cast<egress_news_kind>(bytes.kind);
    out.detail = bytes.detail;
    if (const cmsghdr* const head = CMSG_FIRSTHDR(&message);
        head != nullptr && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int))) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
        out.channel.reset(fd);
    }
    return out;
}

void egress_link::end_worker() {
    ::send(control_.get(), &kill_order, sizeof kill_order, MSG_DONTWAIT | MSG_NOSIGNAL);
}

egress_link start_egress(const config& settings) {
    std::vector<egress_destination> places = egress_destinations_of(settings);
    if (places.empty()) {
        return {};
    }
    std::array<storage::unique_fd, 2> pair = make_pair();
    std::signal(SIGCHLD, SIG_IGN);
    const pid_t self = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        throw std::system_error(errno, std::generic_category(), "fork");
    }
    if (child > 0) {
        return egress_link(std::move(pair[0]));
    }
    leave_the_server(settings, pair[1].get(), self);
    static_cast<void>(pair[0].release()); // closed already
    const bool sandboxed = settings.sandbox && sandbox_fits_this_build();
    if (sandboxed) {
        call_rules rules;
        rules.role = process_role::egress_supervisor;
        restrict_calls(rules);
    }
    try {
        supervisor(std::move(pair[1]), std::move(places), sandboxed).run();
    } catch (const std::exception&) {
        ::_exit(failed_status);
    }
}

} // namespace pawl::app
