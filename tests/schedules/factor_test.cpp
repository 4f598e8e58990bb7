// Words of second factors, used, looked at and removed at once, in every order up to a number of pre-emptions: of two
// that show one code one is let in, and it is used on the disk before that is told.
#include "storage/entity/all.hpp"
#include "tests/schedules/contested_store.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;
using storage::test::store_fixture;

namespace {

constexpr std::uint64_t shown = 5; // the word once the code was used

class contested_factor {
public:
    contested_factor() : options_(store_fixture::without_thread()) {
        auto log = std::make_unique<scheduled_log>(disk_);
        log_ = log.get();
        data_ = storage::embedded_store::open_on(std::move(log), options_, time_);
        user u;
        u.email = u.username = "ann";
        user_factor f;
        f.number = u.next_factor = 1;
        f.digits = 6;
        f.period = 30;
        f.algorithm = 1;
        u.factors.push_back(f);
        ann_ = data_->insert_user(u).value().id;
        log_->sync();
    }

    std::vector<std::string> broken;
    int let_in = 0;

    // --- Parties.
    void show() {
        const factor_state seen = data_->find_factor(ann_, 1);
        if (seen.word >= shown) { // used already
            wait_for(data_->observe_factor(ann_, 1));
            require(word_on_disk() >= shown, "refused for a use that is not on the disk");
            return;
        }
        const factor_state next{ann_, 1, factor_kind::totp, shown, time_.now(), {}};
        const exchange_result done = data_->exchange_factor(next, seen.word).value();
        wait_for(done.wait_for);
        if (done.outcome == exchange_outcome::exchanged) {
            ++let_in;
            require(word_on_disk() >= shown, "let in by a code that is not used on the disk");
        }
    }
    void remove() {
        const user_ptr seen = data_->find_user(ann_);
        user next = *seen;
        ++next.version;
        next.factors.clear();
        wait_for(data_->replace_user(next).value().wait_for);
        removed_ = true;
        const factor_state late{ann_, 1, factor_kind::totp, shown + 1, time_.now(), {}};
        for (const std::uint64_t from : {std::uint64_t{0}, shown}) {
            const exchange_result done = data_->exchange_factor(late, from).value();
            require(done.outcome == exchange_outcome::gone, "a factor that was removed lets in");
        }
    }
    void sync() { log_->sync(); }
    void snapshot() { require(data_->snapshot_now(), "a snapshot fails"); }
    void maintain() { data_->maintain_once(); }

    bool help() {
        const bool queued = log_->queue_size() != 0;
        log_->sync();
        return queued;
    }
    void check_end() {
        require(log_->reserved() == 0, "room in the log stays reserved");
        require(let_in <= 1, "two were let in by one code");
        data_->stop(milliseconds(10'000));
        data_.reset();
        auto log = std::make_unique<scheduled_log>(disk_);
        log_ = log.get();
        data_ = storage::embedded_store::open_on(std::move(log), options_, time_);
        const std::uint64_t after = data_->find_factor(ann_, 1).word;
        require(removed_ ? after == 0 : after == (let_in == 0 ? 0 : shown), "a restart knows another word");
    }

private:
    void require(bool holds, const std::string& what) {
        if (!holds) {
            broken.push_back(what);
        }
    }
    void wait_for(ticket t) {
        schedule_wait([this, t] { return data_->is_durable(t); });
    }
    std::uint64_t word_on_disk() const {
        std::uint64_t word = 0;
        for (const auto* part : {&disk_->snapshot, &disk_->log}) {
            for (const storage::test::memory_disk::stored& r : *part) {
                factor_state one;
                if (r.type == storage::type_of<factor_state> &&
                    decode(storage::record_view{r.type, r.version, r.body, r.lsn, r.time}, one) ==
                        storage::decoding::ok) {
                    word = std::max(word, one.word);
                }
            }
        }
        return word;
    }

    storage::test::manual_clock time_;
    std::shared_ptr<storage::test::memory_disk> disk_ = std::make_shared<storage::test::memory_disk>();
    storage::embedded_store_options options_;
    scheduled_log* log_ = nullptr;
    std::unique_ptr<storage::embedded_store> data_;
    user_id ann_;
    bool removed_ = false;
};

using act = void (contested_factor::*)();

std::size_t explore(const std::vector<act>& parties, unsigned preemptions_max) {
    scheduler turns(preemptions_max);
    choice_walk walk;
    std::size_t schedules = 0;
    do {
        contested_factor contested;
        turns.help = [&contested] { return contested.help(); };
        std::vector<std::function<void()>> work;
        for (const act a : parties) {
            work.emplace_back([&contested, a] { (contested.*a)(); });
        }
        turns.run(walk, work);
        contested.check_end();
        ++schedules;
        BOOST_TEST(contested.broken.empty());
        if (!contested.broken.empty()) {
            BOOST_ERROR(contested.broken.front() << ": schedule " << walk.describe());
            break;
        }
    } while (walk.next());
    return schedules;
}

} // namespace

BOOST_AUTO_TEST_SUITE(factor_schedules)

BOOST_AUTO_TEST_CASE(code_against_code_lets_one_in) {
    std::size_t schedules = explore({&contested_factor::show, &contested_factor::show}, 2);
    schedules += explore({&contested_factor::show, &contested_factor::show, &contested_factor::sync}, 1);
    BOOST_TEST(schedules > 20U);
}

BOOST_AUTO_TEST_CASE(code_against_removal_leaves_one_truth) {
    std::size_t schedules = explore({&contested_factor::show, &contested_factor::remove}, 2);
    schedules += explore({&contested_factor::remove, &contested_factor::show, &contested_factor::maintain}, 1);
    BOOST_TEST(schedules > 20U);
}

BOOST_AUTO_TEST_CASE(a_snapshot_meanwhile_loses_no_use) {
    BOOST_TEST(explore({&contested_factor::show, &contested_factor::snapshot}, 1) > 5U);
}

BOOST_AUTO_TEST_SUITE_END()
