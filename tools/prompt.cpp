#include "tools/prompt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <vector>

namespace pawl::tools {

namespace {

constexpr int usage = static_cast<int>(storage::exit_code::usage);

volatile std::sig_atomic_t caught_signal = 0;

void note_signal(int number) {
    caught_signal = number;
}

// The terminal without echo for as long as this lives. Signals meanwhile only end the wait for a line, so that echo
// comes back before they do what they do.
class silent_terminal {
public:
    explicit silent_terminal(int fd) : fd_(fd) {
        if (::tcgetattr(fd_, &before_) != 0) {
            throw tool_error(usage, "the terminal can't be told not to show the password");
        }
        sigset_t blocked;
        sigemptyset(&blocked);
        struct sigaction action{};
        action.sa_handler = note_signal;
        caught_signal = 0;
        for (std::size_t i = 0; i < signals.size(); ++i) {
            sigaddset(&blocked, signals.at(i));
            ::sigaction(signals.at(i), &action, &actions_.at(i));
        }
        ::pthread_sigmask(SIG_BLOCK, &blocked, &mask_);
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(fd_, TCSAFLUSH, &silent);
    }
    ~silent_terminal() {
        ::tcsetattr(fd_, TCSAFLUSH, &before_);
        ::pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
        for (std::size_t i = 0; i < signals.size(); ++i) {
            ::sigaction(signals.at(i), &actions_.at(i), nullptr);
        }
        if (caught_signal != 0) {
            std::raise(caught_signal);
        }
    }
    silent_terminal(const silent_terminal&) = delete;
    silent_terminal& operator=(const silent_terminal&) = delete;

    // False where a signal came first. Only here do signals come: not between a look and the wait.
    bool wait_for_line() const {
        pollfd waits{fd_, POLLIN, 0};
        return ::ppoll(&waits, 1, nullptr, &mask_) > 0;
    }

private:
    static constexpr std::array<int, 5> signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    int fd_;
    termios before_{};
    sigset_t mask_{};
    std::array<struct sigaction, 5> actions_{};
};

class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

void write_text(int fd, std::string_view text) {
    [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

enum class line_end : unsigned char { newline, end_of_input, too_long };

// Byte by byte, so that what follows the line stays for the next read.
line_end read_line(int fd, std::vector<char, wiping_allocator<char>>& line) {
    line.clear();
    line.reserve(secret_line_size_max);
    for (;;) {
        char c = 0;
        const ssize_t got = ::read(fd, &c, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return line_end::end_of_input;
        }
        if (c == '\n') {
            return line_end::newline;
        }
        if (line.size() == secret_line_size_max) {
            return line_end::too_long;
        }
        line.push_back(c);
    }
}

secret_string ask_silently(int terminal, std::string_view question) {
    std::vector<char, wiping_allocator<char>> line;
    line_end ended = line_end::end_of_input;
    {
        const silent_terminal silence(terminal);
        write_text(terminal, question);
        if (silence.wait_for_line()) {
            ended = read_line(terminal, line);
        }
        write_text(terminal, "\n");
    }
    if (ended != line_end::newline) {
        throw tool_error(usage,
                         ended == line_end::too_long ? "a password is never that long" : "no password was given");
    }
    return secret_string(std::string_view(line.data(), line.size()));
}

} // namespace

void guard_secrets() {
    ::prctl(PR_SET_DUMPABLE, 0);
}

void confirm(const std::string& question, bool yes) {
    if (yes) {
        return;
    }
    if (::isatty(STDIN_FILENO) != 1) {
        throw tool_error(usage, question + "? There is no one to ask: say --yes; nothing was changed");
    }
    std::fprintf(stderr, "%s? [y/N] ", question.c_str());
    std::vector<char, wiping_allocator<char>> line;
    read_line(STDIN_FILENO, line);
    const std::string_view answer(line.data(), line.size());
    if (answer != "y" && answer != "Y" && answer != "yes") {
        throw tool_error(exit_refused, "not confirmed; nothing was changed");
    }
}

secret_string ask_new_password(std::string_view of_whom) {
    guard_secrets();
    const descriptor terminal(::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC));
    if (terminal.get() < 0) {
        throw tool_error(usage, "there is no terminal to ask for the password at: give it by --password-stdin");
    }
    secret_string first = ask_silently(terminal.get(), "New password of " + clean(of_whom) + ": ");
    const secret_string second = ask_silently(terminal.get(), "Once more: ");
    if (first.reveal() != second.reveal()) {
        throw tool_error(usage, "the two differ; nothing was changed");
    }
    if (first.empty()) {
        throw tool_error(usage, "no password was given");
    }
    return first;
}

secret_string read_secret_line(std::string_view what) {
    guard_secrets();
    std::vector<char, wiping_allocator<char>> line;
    const line_end ended = read_line(STDIN_FILENO, line);
    if (!line.empty() && line.back() == '\r') {
        line.pop_back();
    }
    if (ended == line_end::too_long || line.empty()) {
        throw tool_error(usage, std::string(what) + " is expected as a line of standard input" +
                                    (ended == line_end::too_long ? ", and none is that long" : ""));
    }
    return secret_string(std::string_view(line.data(), line.size()));
}

std::string ask_line(std::string_view question) {
    write_text(STDERR_FILENO, question);
    std::vector<char, wiping_allocator<char>> line;
    if (read_line(STDIN_FILENO, line) != line_end::newline) {
        throw tool_error(usage, "no answer was given");
    }
    return {line.data(), line.size()};
}

secret_string given_or_stdin(const std::string& given, std::string_view what) {
    return given.empty() || given == "-" ? read_secret_line(what) : secret_string(given);
}

} // namespace pawl::tools
