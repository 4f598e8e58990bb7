// Reading beside a server that makes snapshots and deletes files: at whatever step it does, a healthy store is never
// called damaged, and what was read in part is never handed out.
#include "storage/directory/directory_state.hpp"
#include "storage/history/state_builder.hpp"
#include "storage/history/timeline.hpp"
#include "storage/history/verify.hpp"
#include "storage/unique_fd.hpp"
#include "tests/storage/history_fixture.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <fstream>
#include <functional>
#include <thread>

using namespace pawl;
using namespace pawl::storage;
using namespace pawl::storage::test;

namespace {

// A directory to read; something happens before each step.
class watched_directory final : public file_system {
public:
    watched_directory(std::shared_ptr<file_system> inner, std::function<void()> before)
        : inner_(std::move(inner)), before_(std::move(before)) {}
    std::unique_ptr<file> open(const std::string& name, open_mode mode, std::error_code& ec) override {
        before_();
        return inner_->open(name, mode, ec);
    }
    std::vector<std::string> list(std::error_code& ec) override {
        before_();
        return inner_->list(ec);
    }
    std::error_code rename(const std::string& a, const std::string& b) override { return inner_->rename(a, b); }
    std::error_code remove(const std::string& name) override { return inner_->remove(name); }
    std::error_code sync_directory() override { return inner_->sync_directory(); }
    std::error_code lock(const std::string& name, long& pid) override { return inner_->lock(name, pid); }
    bool is_locked(const std::string& name) override { return inner_->is_locked(name); }
    std::string path() const override { return inner_->path(); }

private:
    std::shared_ptr<file_system> inner_;
    std::function<void()> before_;
};

struct moving_fixture : history_fixture {
    std::uint64_t steps = 0;
    std::function<void(std::uint64_t step)> at_step = [](std::uint64_t) {};
    user_id ann{};
    family_id session{};

    moving_fixture() {
        stop();
        options.directory.log_retention_bytes = 0;                  // nothing is kept beyond what recovery needs
        options.directory.segment_size = std::uint64_t{128} << 10U; // each snapshot begins another
        reopen();
        ann = add_user("ann");
        session = add_family(ann, 7);
        supersede();
    }

    directory_view watched() {
        view_options o;
        o.log_key = &log_key;
        o.files = std::make_shared<watched_directory>(open_posix_directory_to_read(path + "/data"),
                                                      [this] { at_step(steps++); });
        return directory_view(o);
    }
    // Nothing of what the manifest named before is there afterwards.
    void supersede() {
        for (int i = 0; i < 2; ++i) {
            change(ann, [](user& u) { u.surname += "x"; });
            BOOST_TEST_REQUIRE(data->snapshot_now());
        }
    }
    // Runs `read` undisturbed, then once for each of its steps with the directory moved on before that step.
    void at_each_step(const std::function<void(directory_view&)>& read) {
        at_step = [](std::uint64_t) {};
        steps = 0;
        {
            directory_view v = watched();
            read(v);
        }
        const std::uint64_t all = steps;
        BOOST_TEST_REQUIRE(all > 4U);
        for (std::uint64_t n = 0; n < all; ++n) {
            BOOST_TEST_CONTEXT("moved on before step " << n << " of " << all) {
                steps = 0;
                at_step = [this, n](std::uint64_t step) {
                    if (step == n) {
                        supersede();
                    }
                };
                directory_view v = watched();
                read(v);
            }
        }
    }
};

bool is_try_again(const refused& why) {
    return why.kind() == exit_code::locked;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(history_moving, moving_fixture)

BOOST_AUTO_TEST_CASE(verifying_finds_nothing_wrong_at_whatever_step_snapshots_take_files_away) {
    at_each_step([](directory_view& v) {
        const verified_directory found = verify_directory(v);
        BOOST_TEST(found.findings.empty(), (found.findings.empty() ? "" : found.findings[0].line()));
        BOOST_TEST(found.live);
    });
}

BOOST_AUTO_TEST_CASE(the_state_is_read_whole_at_whatever_step_snapshots_take_files_away) {
    at_each_step([this](directory_view& v) {
        const past_state state = build_state(v);
        BOOST_TEST(state.users.contains(ann.value));
        BOOST_TEST(state.families.contains(session));
    });
}

BOOST_AUTO_TEST_CASE(a_session_is_explained_whole_at_whatever_step_snapshots_take_files_away) {
    at_each_step([this](directory_view& v) {
        const timeline t = read_timeline(v, session, now());
        BOOST_TEST(t.known);
        BOOST_TEST(t.user_known);
        BOOST_TEST(t.alive);
    });
}

BOOST_AUTO_TEST_CASE(a_directory_that_never_stands_still_is_neither_called_damaged_nor_read_in_part) {
    bool busy = false;
    std::uint64_t last = 0;
    at_step = [&](std::uint64_t step) {
        if (!busy && step > last + 2) { // a step of the reading, then the next state
            busy = true;
            supersede();
            busy = false;
            last = step;
        }
    };
    {
        directory_view v = watched();
        BOOST_CHECK_EXCEPTION(verify_directory(v), refused, is_try_again);
    }
    {
        directory_view v = watched();
        BOOST_CHECK_EXCEPTION(build_state(v), refused, is_try_again);
    }
    {
        directory_view v = watched();
        BOOST_CHECK_EXCEPTION(read_timeline(v, session, now()), refused, is_try_again);
    }
}

BOOST_AUTO_TEST_CASE(what_is_damaged_and_stands_still_is_still_called_damaged) {
    stop();
    std::uint64_t oldest = 0;
    {
        directory_view v = view();
        oldest = v.current().oldest.segno;
    }
    std::filesystem::remove(path + "/data/" + segment_name(oldest));
    directory_view v = view();
    const verified_directory found = verify_directory(v);
    BOOST_TEST_REQUIRE(!found.findings.empty());
    BOOST_TEST((found.kind() == exit_code::corrupt));
}

BOOST_AUTO_TEST_CASE(a_server_at_work_is_seen_whatever_number_its_process_has_here) {
    const std::string lock = path + "/data/" + lock_name;
    std::ofstream(lock) << "1\n"; // as another pid namespace counts
    BOOST_TEST(is_in_use(path + "/data"));
    directory_view v = view();
    BOOST_TEST(v.is_in_use());
    BOOST_TEST(verify_directory(v).live);
    stop();
    BOOST_TEST(!is_in_use(path + "/data"));
    BOOST_TEST(!is_in_use(path + "/nowhere"));
}

BOOST_AUTO_TEST_CASE(a_start_waits_for_a_reader_who_tries_the_lock) {
    stop();
    const unique_fd reader(::open((path + "/data/" + lock_name).c_str(), O_RDONLY | O_CLOEXEC));
    BOOST_TEST_REQUIRE(::flock(reader.get(), LOCK_SH | LOCK_NB) == 0);
    std::thread done([&reader] {
        std::this_thread::sleep_for(std::chrono::milliseconds(5)); // how long such a moment is at most
        ::flock(reader.get(), LOCK_UN);
    });
    reopen();
    done.join();
    BOOST_TEST(data->find_user(ann) != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
