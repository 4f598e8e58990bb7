#include "tests/schedules/contested_store.hpp"

#include <algorithm>
#include <utility>

namespace pawl::test {

namespace {

using storage::test::store_fixture;

constexpr int tries_max = 2;

family_use used_at(timestamp at) {
    family_use use;
    use.at = at;
    use.agent = "curl/8";
    return use;
}

family_word rotated(family_word w) {
    return w.with_generation(w.generation() + 1).with_confirmed(false).with_replays(0);
}

std::string text_of(family_word w) {
    return std::to_string(w.generation()) + (w.live() ? "" : " ended") + (w.confirmed() ? " confirmed" : "");
}

} // namespace

const char* name_of(party p) {
    static constexpr std::array names{"rotate",   "end",      "confirm", "disable",  "remove",
                                      "look",     "log_in",   "end_all", "rejoin",   "sync",
                                      "snapshot", "maintain", "erase",   "use_code", "end_used"};
    return names[static_cast<std::size_t>(p)];
}

contested_store::contested_store(scheduler& turns, setting how)
    : turns_(turns), options_(store_fixture::without_thread()) {
    options_.dead_retention = seconds(0);
    auto log = std::make_unique<scheduled_log>(disk_);
    log_ = log.get();
    data_ = storage::embedded_store::open_on(std::move(log), options_, time_);
    ann_ = data_->insert_user(store_fixture::person("ann")).value().id;
    family_facts f;
    f.id.bytes.fill(1);
    f.user = ann_;
    f.created_at = time_.now();
    f.idle_ttl = f.absolute_ttl = seconds(1'000'000);
    first_ = f.id;
    static_cast<void>(data_->insert_family(f, family_word(), used_at(time_.now())).value());
    start_.users[ann_] = {1, {}, false};
    start_.families[first_] = {ann_, family_word()};
    if (how.ended) {
        const family_word over = family_word().with_status(family_status::logout);
        static_cast<void>(data_->exchange_family(first_, family_word(), over, used_at(time_.now())).value());
        start_.families[first_].second = over;
        time_.advance(seconds(2));
        log_->sync();
        data_->maintain_once();
        data_->snapshot_now();
        data_->snapshot_now();
    }
    used_.bytes.fill(2);
    start_.kept = used_;
    if (how.used) {
        const family_word over = family_word().with_status(family_status::code_reuse);
        static_cast<void>(data_->insert_family(facts_of_used(), family_word(), used_at(time_.now())).value());
        static_cast<void>(data_->exchange_family(used_, family_word(), over, used_at(time_.now())).value());
        start_.families[used_] = {ann_, over};
        time_.advance(seconds(2));
        log_->sync();
        data_->maintain_once();
        data_->snapshot_now();
        data_->snapshot_now();
    }
    if (how.durable) {
        log_->sync();
    }
    start_.sweeps = how.ended || how.swept || how.used;
}

void contested_store::act(party what) {
    switch (what) {
    case party::rotate:
        return rotate();
    case party::end:
        return end(first_);
    case party::confirm:
        return confirm();
    case party::disable:
        return close_gate(false);
    case party::remove:
        return close_gate(true);
    case party::look:
        return look();
    case party::log_in:
        return log_in();
    case party::end_all:
        return end_all();
    case party::rejoin:
        return rejoin();
    case party::sync:
        return log_->sync();
    case party::snapshot:
        return require(data_->snapshot_now(), "a snapshot fails");
    case party::maintain:
        return data_->maintain_once();
    case party::erase:
        return erase();
    case party::use_code:
        return use_code();
    case party::end_used:
        return end(used_);
    }
}

void contested_store::erase() {
    close_gate(true);
    log_->sync();
    data_->maintain_once(); // marks what is dead
    require(data_->snapshot_now() && data_->snapshot_now(), "a snapshot fails");
    data_->maintain_once(); // takes it out
    data_->maintain_once(); // frees it
}

bool contested_store::help() {
    if (log_->queue_size() == 0) {
        return false;
    }
    log_->sync();
    return true;
}

void contested_store::require(bool holds, const std::string& what) {
    if (!holds) {
        broken.push_back(what);
    }
}

// `work` asks the store and returns what explains the answer.
template <class Work>
void contested_store::record(const std::string& text, Work&& work) {
    schedule_point(); // a party may be held up between two calls, so that the second begins after what others did
    const std::uint64_t began = turns_.now();
    explanation explains = work();
    history_.add({began, turns_.now(), std::move(explains), std::to_string(this_party()) + " " + text});
}

std::optional<family_state> contested_store::find(const family_id& id) {
    std::optional<family_state> seen;
    record("look", [&] {
        seen = data_->find_family(id);
        return [id, seen](model_store& m) {
            if (!seen) {
                return m.may_be_gone(id);
            }
            const auto at = m.families.find(id);
            if (at == m.families.end()) {
                return false;
            }
            const model_store::person& owner = m.users.at(at->second.first);
            return seen->facts.id == id && seen->word == at->second.second && seen->gate == owner.gate &&
                   seen->user_version == owner.version;
        };
    });
    return seen;
}

exchange_result contested_store::exchange(const family_id& id, family_word expected, family_word desired) {
    exchange_result done;
    record("exchange " + text_of(expected) + " for " + text_of(desired), [&] {
        done = data_->exchange_family(id, expected, desired, used_at(time_.now())).value();
        return [id, expected, desired, outcome = done.outcome](model_store& m) {
            if (outcome == exchange_outcome::gone) {
                return m.may_be_gone(id);
            }
            const auto at = m.families.find(id);
            if (at == m.families.end() || (at->second.second == expected) != (outcome == exchange_outcome::exchanged)) {
                return false;
            }
            if (outcome == exchange_outcome::exchanged) {
                at->second.second = desired;
            }
            return true;
        };
    });
    return done;
}

void contested_store::rotate() {
    for (int i = 0; i < tries_max; ++i) {
        const std::optional<family_state> seen = find(first_);
        if (!seen || !seen->word.live() || !seen->gate.admits(first_, 0)) {
            return;
        }
        const family_word next = rotated(seen->word);
        const exchange_result done = exchange(first_, seen->word, next);
        if (done.outcome == exchange_outcome::exchanged) {
            return told(done.wait_for, first_, next);
        }
    }
}

void contested_store::end(const family_id& id) {
    for (int i = 0; i <= tries_max; ++i) {
        const std::optional<family_state> seen = find(id);
        if (!seen) {
            return;
        }
        if (!seen->word.live()) {
            return told(data_->observe_family(id, seen->word), id, seen->word);
        }
        const family_word over = seen->word.with_status(family_status::logout);
        const exchange_result done = exchange(id, seen->word, over);
        if (done.outcome == exchange_outcome::exchanged) {
            return told(done.wait_for, id, over);
        }
    }
}

void contested_store::confirm() {
    record("confirm 0", [&] {
        data_->confirm_family(first_, 0);
        return [id = first_](model_store& m) {
            family_word& w = m.families.at(id).second;
            w = w.generation() == 0 && w.live() ? w.with_confirmed(true) : w;
            return true;
        };
    });
}

void contested_store::replace(const user& desired) {
    store::replace_user_result done;
    record(desired.deleted ? "remove" : "disable", [&] {
        done = data_->replace_user(desired).value();
        require(done.outcome != exchange_outcome::exchanged || done.wait_for != ticket::none, "nothing to wait for");
        return [desired, outcome = done.outcome](model_store& m) {
            model_store::person& p = m.users.at(desired.id);
            switch (outcome) {
            case exchange_outcome::gone:
                return p.deleted;
            case exchange_outcome::conflict:
                return p.version + 1 != desired.version;
            case exchange_outcome::exchanged:
                break;
            }
            const bool follows = p.version + 1 == desired.version && !p.deleted;
            p = {desired.version, desired.gate, desired.deleted};
            return follows;
        };
    });
    if (done.outcome == exchange_outcome::exchanged) {
        told(done.wait_for, desired.id, desired.version);
    }
}

void contested_store::close_gate(bool for_good) {
    const user_ptr seen = data_->find_user(ann_);
    if (seen == nullptr) {
        return;
    }
    user next = *seen;
    ++next.version;
    ++next.gate.epoch;
    next.gate.enabled = false;
    next.gate.changed_at = time_.now();
    if (for_good) {
        next.deleted = true;
        next.email.clear();
        next.username.clear();
        next.password_hash.clear();
    }
    replace(next);
}

// A request with an access token of the family: what refuses it must be on the disk before it is told.
void contested_store::look() {
    const std::optional<family_state> seen = find(first_);
    if (!seen) {
        return;
    }
    told(data_->observe_family(first_, seen->word), first_, seen->word);
    if (!seen->gate.admits(first_, 0)) {
        told(data_->observe_user(ann_, seen->user_version), ann_, seen->user_version);
    }
}

void contested_store::log_in() {
    family_facts f;
    f.id.bytes.fill(static_cast<std::uint8_t>(10 + this_party()));
    f.user = ann_;
    f.created_at = time_.now();
    f.idle_ttl = f.absolute_ttl = seconds(1'000'000);
    result<ticket> rests = ticket::none;
    record("log in", [&] {
        const result<inserted_family> inserted = data_->insert_family(f, family_word(), used_at(f.created_at));
        rests = inserted ? result<ticket>(inserted->wait_for) : result<ticket>(inserted.error());
        return [f, added = rests.has_value()](model_store& m) {
            if (added) {
                m.families[f.id] = {f.user, family_word()};
            }
            return added != m.users.at(f.user).deleted;
        };
    });
    if (rests) {
        told(rests, f.id, family_word());
    }
}

family_facts contested_store::facts_of_used() const {
    family_facts f;
    f.id = used_;
    f.user = ann_;
    f.client = first_registered_client;
    f.created_at = time_.now();
    f.idle_ttl = f.absolute_ttl = seconds(1'000'000);
    return f;
}

// C4 and C5: of all who do this one inserts it.
void contested_store::use_code() {
    std::optional<inserted_family> done;
    record("use the code", [&] {
        const family_facts f = facts_of_used();
        const result<inserted_family> inserted = data_->insert_family(f, family_word(), used_at(f.created_at));
        done = inserted ? std::optional(*inserted) : std::nullopt;
        return [f, done](model_store& m) {
            if (m.users.at(f.user).deleted) {
                return !done;
            }
            const bool there = !m.families.try_emplace(f.id, f.user, family_word()).second;
            return done && done->exists == there;
        };
    });
    if (!done) {
        return;
    }
    if (done->exists) {
        return end(used_);
    }
    told(done->wait_for, used_, family_word());
}

void contested_store::end_all() {
    for (const family_details& d : data_->families_of(ann_)) {
        require(d.state.facts.user == ann_, "somebody else's family in the list");
        end(d.state.facts.id);
    }
}

void contested_store::rejoin() {
    const auto done = data_->insert_user(store_fixture::person("ann")).value();
    if (!done.email_taken && !done.username_taken) {
        start_.users[done.id] = {1, {}, false};
        told(done.wait_for, done.id, 1);
        const kept disk = on_disk(); // never two with one name, not even after a crash
        const auto ann = disk.users.find(ann_);
        require(ann != disk.users.end() && ann->second.deleted, "a name was given away before it was free on the disk");
        return;
    }
    wait_for(done.wait_for);
    require(on_disk().users.contains(ann_), "a name was refused for a user who is not on the disk");
}

void contested_store::wait_for(result<ticket> rests) {
    const ticket t = rests.value();
    schedule_wait([this, t] { return data_->is_durable(t); });
}

void contested_store::told(result<ticket> rests, const family_id& id, family_word word) {
    wait_for(rests);
    if (!data_->find_family(id)) {
        return; // swept, which takes two snapshots that say it has ended
    }
    const kept disk = on_disk();
    const auto at = disk.words.find(id);
    require(at != disk.words.end() && merge(at->second, word).facts() == at->second.facts(),
            "told of a word that is not on the disk: " + text_of(word));
}

void contested_store::told(result<ticket> rests, user_id id, std::uint64_t version) {
    wait_for(rests);
    const kept disk = on_disk();
    const auto at = disk.users.find(id);
    require(at != disk.users.end() && at->second.version >= version,
            "told of a user's version that is not on the disk");
}

contested_store::kept contested_store::on_disk() const {
    kept out;
    for (const auto* part : {&disk_->snapshot, &disk_->log}) {
        for (const storage::test::memory_disk::stored& r : *part) {
            const storage::record_view view{r.type, r.version, r.body, r.lsn, r.time};
            user u;
            storage::family_created_record created;
            storage::family_word_record changed;
            const auto known = [&](const family_id& id, family_word w) {
                const auto at = out.words.find(id);
                if (at != out.words.end()) {
                    at->second = merge(at->second, w);
                }
                return at != out.words.end();
            };
            if (static_cast<storage::record_type>(r.type) == storage::record_type::user) {
                decode(view, u);
                if (out.users[u.id].version < u.version || out.users[u.id].id != u.id) {
                    out.users[u.id] = u;
                }
            } else if (static_cast<storage::record_type>(r.type) == storage::record_type::family_created) {
                decode(view, created);
                if (!known(created.facts.id, created.word)) {
                    out.words[created.facts.id] = created.word;
                }
            } else if (static_cast<storage::record_type>(r.type) == storage::record_type::family_word) {
                decode(view, changed);
                known(changed.id, changed.word); // of a family that is not known, it is dropped (R5)
            }
        }
    }
    return out;
}

bool contested_store::listed(const family_id& id) const {
    const std::vector<family_details> all = data_->families_of(ann_);
    return std::any_of(all.begin(), all.end(), [&](const family_details& d) { return d.state.facts.id == id; });
}

void contested_store::check_end(bool with_restart) {
    require(history_.has_an_order(start_), "no order of the calls explains the answers");
    require(log_->reserved() == 0, "room in the log stays reserved");
    log_->sync();
    const auto compare = [&](const kept& disk, const char* when) {
        for (const family_details& d : data_->families_of(ann_)) {
            const auto at = disk.words.find(d.state.facts.id);
            require(at != disk.words.end() && at->second.facts() == d.state.word.facts(),
                    std::string("disk and memory differ about a family ") + when);
        }
        const user_ptr u = data_->find_user(ann_);
        const auto at = disk.users.find(ann_);
        require(u == nullptr || (at != disk.users.end() && at->second == *u),
                std::string("disk and memory differ about a user ") + when);
    };
    require(!data_->find_family(used_) || listed(used_), "a family of a code that its user's list does not show");
    for (std::uint8_t i = 0; i < parties_max; ++i) { // the new families
        family_id id;
        id.bytes.fill(static_cast<std::uint8_t>(10 + i));
        require(!data_->find_family(id) || listed(id), "a family that its user's list does not show");
    }
    const kept disk = on_disk();
    compare(disk, "at the end");
    if (with_restart) {
        data_->stop(milliseconds(10'000));
        data_.reset();
        auto log = std::make_unique<scheduled_log>(disk_);
        log_ = log.get();
        data_ = storage::embedded_store::open_on(std::move(log), options_, time_);
        compare(disk, "after a restart");
    }
}

} // namespace pawl::test
