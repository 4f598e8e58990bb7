// pawlctl log tail: the last records as JSON lines, and then what comes, across segments.
#include "storage/history/log_reader.hpp"
#include "tools/command/commands.hpp"
#include "tools/record_filter.hpp"

#include <CLI/CLI.hpp>

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <thread>

namespace pawl::tools {

namespace {

// How long a change is waited for before the log is looked at all the same, and the least time between two looks.
constexpr std::chrono::milliseconds poll_interval{1000}, look_interval{50};

struct tail_options {
    filter_options filter;
    std::uint64_t lines = 10;
    bool follow = false;
};

// Wakes up when a file in the directory is written to; after poll_interval where the system can't say.
class directory_watch {
public:
    explicit directory_watch(const std::string& path) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
        if (fd_ >= 0) {
            ::inotify_add_watch(fd_, path.c_str(), IN_MODIFY | IN_MOVED_TO | IN_ONLYDIR);
        }
    }
    ~directory_watch() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    directory_watch(const directory_watch&) = delete;
    directory_watch& operator=(const directory_watch&) = delete;

    void wait() {
        std::this_thread::sleep_for(look_interval);
        pollfd waited{fd_, POLLIN, 0};
        ::poll(&waited, fd_ >= 0 ? 1 : 0, static_cast<int>(poll_interval.count()));
        alignas(inotify_event) std::array<char, 4096> events{};
        while (fd_ >= 0 && ::read(fd_, events.data(), events.size()) > 0) {
        }
    }

private:
    int fd_;
};

class tail {
public:
    tail(program& p, const tail_options& o, const history_source& source)
        : p_(p), options_(o), view_(*source.view), filter_(o.filter) {
        filter_.learn_families(view_);
    }

    int run() {
        directory_watch watch(view_.files().path()); // from before the first look
        const std::uint64_t next = next_lsn();
        auto log = std::make_unique<storage::log_reader>(
            view_, view_.at_lsn(next > options_.lines ? next - options_.lines : 1));
        from_ = next > options_.lines ? next - options_.lines : 0;
        for (;;) {
            print_new(*log);
            if (!p_.out.end()) {
                return static_cast<int>(storage::exit_code::storage_failed); // nobody reads it
            }
            const storage::log_end& end = log->end();
            if (end.superseded) {
                view_.refresh();
                log = std::make_unique<storage::log_reader>(view_, view_.at_lsn(from_));
                continue;
            }
            if (end.kind != storage::exit_code::none) {
                throw storage::refused(end.kind, end.line());
            }
            if (!options_.follow) {
                return 0;
            }
            watch.wait();
        }
    }

private:
    std::uint64_t next_lsn() const {
        storage::log_reader log(view_, view_.at_lsn(~std::uint64_t{0}));
        while (log.next()) {
        }
        return log.expected().lsn;
    }

    void print_new(storage::log_reader& log) {
        while (const auto frame = log.next()) {
            storage::record_cursor cursor{frame->payload};
            storage::record_view record;
            record.lsn = log.first_lsn();
            record.time = frame->fields.time;
            for (; cursor.next(record); ++record.lsn) {
                if (record.lsn < from_ || !filter_.may_pass(record)) {
                    continue;
                }
                const record_text text = describe(record);
                if (filter_.passes(record, text)) {
                    p_.out.line(text.json);
                }
            }
            from_ = std::max(from_, record.lsn);
        }
    }

    program& p_;
    const tail_options& options_;
    storage::directory_view& view_;
    record_filter filter_;
    std::uint64_t from_ = 0;
};

} // namespace

void add_log_tail(CLI::App& group, program& p) {
    CLI::App* const command =
        group.add_subcommand("tail", "the last records as JSON lines; with -f then every new one once it is written");
    const auto o = std::make_shared<tail_options>();
    add_filter_options(*command, o->filter);
    command->add_option("-n,--lines", o->lines, "how many records back to begin")
        ->type_name("N")
        ->capture_default_str();
    command->add_flag("-f,--follow", o->follow, "go on as the log grows, into new segments too");
    command->callback([&p, o] {
        p.action = [&p, o] {
            const history_source source = open_history(p.global, need_keys::yes);
            return tail(p, *o, source).run();
        };
    });
}

} // namespace pawl::tools
