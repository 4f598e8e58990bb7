// Clients and revoked tokens, changed and looked at at once, in every order up to a number of pre-emptions: one change
// wins a version, one client has a name, and what an answer rests on is on the disk once its ticket is durable.
#include "storage/entity/all.hpp"
#include "tests/schedules/contested_store.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace pawl;
using namespace pawl::test;
using storage::test::store_fixture;

namespace {

constexpr timestamp far_end{seconds(2'000'000'000)};

class contested_registry {
public:
    contested_registry() : options_(store_fixture::without_thread()) {
        auto log = std::make_unique<scheduled_log>(disk_);
        log_ = log.get();
        data_ = storage::embedded_store::open_on(std::move(log), options_, time_);
        client c;
        c.client_id = "shop";
        number_.value = data_->put_client(c).value().number;
        log_->sync();
    }

    std::vector<std::string> broken;
    int replaced = 0;

    // --- Parties.
    void change() {
        const client_ptr seen = data_->find_client("shop");
        if (seen == nullptr) {
            return wait_for(data_->rests_on());
        }
        client next = *seen;
        ++next.version;
        next.raise_epoch();
        const put_result done = data_->put_client(next).value();
        wait_for(done.wait_for);
        if (done.outcome == put_outcome::done) {
            replaced += next.version == 2 ? 1 : 0;
            require(version_on_disk(next.number) >= next.version, "told of a change that is not on the disk");
        }
    }
    void remove() {
        const client_ptr seen = data_->find_client(number_);
        if (seen == nullptr) {
            return;
        }
        client next = *seen;
        ++next.version;
        next.removed = true;
        const put_result done = data_->put_client(next).value();
        replaced += done.outcome == put_outcome::done && next.version == 2 ? 1 : 0;
        wait_for(done.wait_for);
    }
    void make_again() {
        client c;
        c.client_id = "shop";
        const put_result done = data_->put_client(c).value();
        wait_for(done.wait_for);
        if (done.outcome == put_outcome::done) {
            require(done.number > number_.value, "a number was given twice");
            require(is_tombstone_on_disk(number_), "a name was given to another before its tombstone is on the disk");
        } else {
            require(done.outcome == put_outcome::taken, "a new client is refused for another reason");
        }
    }
    void look() {
        const client_ptr seen = data_->find_client("shop");
        const bool was_revoked = data_->is_revoked(token_id{{1}});
        wait_for(data_->rests_on());
        if (seen != nullptr) {
            require(version_on_disk(seen->number) >= seen->version, "a version was seen that is not on the disk");
        } else {
            require(is_tombstone_on_disk(number_), "a removal was seen that is not on the disk");
        }
        require(!was_revoked || is_revoked_on_disk(), "a revocation was seen that is not on the disk");
    }
    void revoke() {
        const revoked_token token{token_id{{1}}, number_, far_end};
        wait_for(data_->put_revoked(token).value().wait_for);
        require(is_revoked_on_disk(), "told of a revocation that is not on the disk");
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
        require(replaced <= 1, "two changes won one version");
        const client_ptr before = data_->find_client("shop");
        data_->stop(milliseconds(10'000));
        data_.reset();
        auto log = std::make_unique<scheduled_log>(disk_);
        log_ = log.get();
        data_ = storage::embedded_store::open_on(std::move(log), options_, time_);
        const client_ptr after = data_->find_client("shop");
        require((before == nullptr) == (after == nullptr) && (before == nullptr || *before == *after),
                "disk and memory differ");
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
    template <class Record, class Visit>
    void each_on_disk(const Visit& visit) const {
        for (const auto* part : {&disk_->snapshot, &disk_->log}) {
            for (const storage::test::memory_disk::stored& r : *part) {
                Record one;
                if (r.type == storage::type_of<Record> &&
                    decode(storage::record_view{r.type, r.version, r.body, r.lsn, r.time}, one) ==
                        storage::decoding::ok) {
                    visit(one);
                }
            }
        }
    }
    std::uint64_t version_on_disk(client_number of) const {
        std::uint64_t version = 0;
        each_on_disk<client>(
            [&](const client& c) { version = c.number == of ? std::max(version, c.version) : version; });
        return version;
    }
    bool is_tombstone_on_disk(client_number of) const {
        bool found = false;
        each_on_disk<client>([&](const client& c) { found = found || (c.number == of && c.removed); });
        return found;
    }
    bool is_revoked_on_disk() const {
        bool found = false;
        each_on_disk<revoked_token>([&](const revoked_token&) { found = true; });
        return found;
    }

    storage::test::manual_clock time_;
    std::shared_ptr<storage::test::memory_disk> disk_ = std::make_shared<storage::test::memory_disk>();
    storage::embedded_store_options options_;
    scheduled_log* log_ = nullptr;
    std::unique_ptr<storage::embedded_store> data_;
    client_number number_;
};

using act = void (contested_registry::*)();

std::size_t explore(const std::vector<act>& parties, unsigned preemptions_max) {
    scheduler turns(preemptions_max);
    choice_walk walk;
    std::size_t schedules = 0;
    do {
        contested_registry contested;
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

BOOST_AUTO_TEST_SUITE(registry_schedules)

BOOST_AUTO_TEST_CASE(any_two_parties_leave_one_truth) {
    const std::vector<act> all{&contested_registry::change, &contested_registry::remove,
                               &contested_registry::make_again, &contested_registry::look, &contested_registry::revoke};
    std::size_t schedules = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = i; j < all.size(); ++j) {
            schedules += explore({all[i], all[j]}, 2);
        }
        schedules += explore({all[i], &contested_registry::sync}, 2);
        schedules += explore({all[i], &contested_registry::snapshot}, 1);
        schedules += explore({all[i], &contested_registry::maintain}, 1);
    }
    BOOST_TEST(schedules > 500U);
}

BOOST_AUTO_TEST_CASE(a_change_and_who_looks_while_the_log_becomes_durable_leave_one_truth) {
    std::size_t schedules = 0;
    for (const act a : {&contested_registry::change, &contested_registry::remove, &contested_registry::revoke}) {
        schedules += explore({a, &contested_registry::look, &contested_registry::sync}, 2);
    }
    schedules += explore({&contested_registry::remove, &contested_registry::make_again, &contested_registry::look}, 1);
    BOOST_TEST(schedules > 500U);
}

BOOST_AUTO_TEST_SUITE_END()
