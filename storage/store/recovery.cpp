// From the records of snapshot and log to the tables. Order between entities does not matter and reading a record twice
// does no harm (R5): a user's place is kept for it where its families come first.
//
// Threads: those of a large snapshot come on several at once, and what they say is in no table before the last of them
// (family_filler, recovering_users). The log's come one after the other, into the tables at once.
#include "storage/entity/plain.hpp"
#include "storage/exit_code.hpp"
#include "storage/record/record_merge.hpp"
#include "storage/record/refused_record.hpp"
#include "storage/store/family_filler.hpp"
#include "storage/store/recovering_users.hpp"
#include "storage/store/store_state.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pawl::storage {

namespace {

[[noreturn]] void refuse_so_many() {
    throw refused(exit_code::usage, "more families than this program can hold");
}

// What is known of a family that is on disk.
void complete(family_node& node, const family_created_record& r, const record_view& record) {
    node.logged.store(true, std::memory_order_relaxed);
    node.durable_word.store(r.word.bits(), std::memory_order_relaxed);
    if (!r.word.live()) {
        node.set_ended_after(end_of(r.ended_after, r.facts.created_at, to_seconds(record.time)));
    }
}

class recovering {
public:
    explicit recovering(store_state& s) : s_(s), users_(s.users) {}

    void expect(const snapshot_counts& counts) {
        users_.expect(counts);
        s_.families.expect(counts.families);
        expected_families_ = counts.families;
    }

    // --- A snapshot.
    recovery_target::record_function snapshot_reader() {
        const std::lock_guard lock(mutex_);
        if (readers_.empty()) {
            users_.begin_snapshot();
            filler_ = std::make_unique<family_filler>(s_.families, expected_families_);
        }
        readers_.push_back(std::make_unique<reader>(*this));
        return [r = readers_.back().get()](const record_view& record) { r->apply(record); };
    }

    void snapshot_read() {
        threads_ = std::max(1U, static_cast<unsigned>(readers_.size()));
        std::vector<late_record> late;
        for (const std::unique_ptr<reader>& r : readers_) {
            std::ranges::move(r->late, std::back_inserter(late));
        }
        readers_.clear(); // and with them what they counted of agents
        users_.link(threads_);
        filler_->link(threads_, [this](family_node& there, const family_node& other) { merge_node(there, other); });
        filler_.reset();
        for (const late_record& l : late) {
            apply(l.view());
        }
    }

    // --- The log.
    void apply(const record_view& record) {
        grow_where_needed(); // before any read section: chains get long within a few thousand records
        const bool known = visit_record(record.type, [&]<class Record>(as<Record> one) {
            if constexpr (in_tables(declaration<Record>::kind)) {
                apply(one, record);
            }
        });
        if (!known && (record.type & critical_record_bit) != 0) {
            refuse_unknown(record);
        }
    }

    void finish() {
        const std::vector<user_slot*> unknown = users_.finish(threads_);
        drop_families_of(unknown);
        for (user_slot* const slot : unknown) {
            s_.users.drop(*slot);
        }
        s_.entities.fill(s_.plain, [this](user_id id) {
            const rcu_read_guard section;
            const user_slot* const slot = s_.users.find(section, id);
            return slot != nullptr && !slot->current.load(std::memory_order_acquire)->record->deleted;
        });
        s_.recovered_users = s_.users.size();
        s_.recovered_families = s_.families.size();
        s_.users.next_id = std::max({s_.users.next_id, s_.recovery.next_user_id, users_.highest_id() + 1});
        if (const std::int64_t last = last_rotation_.load(std::memory_order_relaxed); last != no_rotation) {
            s_.last_rotation = timestamp(seconds(last));
        }
        s_.families.resize_to_fit();
        s_.users.resize_to_fit();
        s_.agents.resize_to_fit();
        s_.garbage.flush();
    }

private:
    // Of a snapshot, what is not read on many threads: its turn comes when all the rest is in.
    struct late_record {
        std::uint16_t type = 0, version = 0;
        std::vector<std::uint8_t> body;
        std::uint64_t lsn = 0;
        timestamp_ms time{};

        explicit late_record(const record_view& r)
            : type(r.type), version(r.version), body(r.body.begin(), r.body.end()), lsn(r.lsn), time(r.time) {}
        record_view view() const { return {type, version, body, lsn, time}; }
    };

    // One thread's part in reading a snapshot.
    struct reader {
        explicit reader(recovering& r) : all(r), families(r.filler_->begin()), agents(r.s_.agents) {}

        void apply(const record_view& record) {
            bool done = false;
            visit_record(record.type, [&]<class Record>(as<Record> one) {
                if constexpr (requires { apply(one, record); }) {
                    apply(one, record);
                    done = true;
                }
            });
            if (!done) {
                late.emplace_back(record);
            }
        }
        // Those that many threads may read at once: nearly all of a snapshot.
        void apply(as<user> one, const record_view& record) { all.apply(one, record); }
        void apply(as<family_created_record> /*one*/, const record_view& record) {
            family_created_record r;
            decode_or_refuse(record, r);
            family_node* const node =
                families.make(r.facts, all.users_.slot_of(r.facts.user), r.word, r.use, agents.acquire(r.use.agent));
            if (node == nullptr) {
                refuse_so_many();
            }
            complete(*node, r, record);
            all.note_rotation(node->created_at, r.word);
        }

        recovering& all;
        family_filler::lane& families;
        agent_table::batch agents;
        std::vector<late_record> late;
    };

    // From any thread. One that ended later counts all the same: it makes the log tell a little more than it must.
    void note_rotation(timestamp created_at, family_word word) {
        if (!word.live() || word.generation() == 0) {
            return;
        }
        const std::int64_t at = created_at.time_since_epoch().count() + word.rotated_at();
        std::int64_t last = last_rotation_.load(std::memory_order_relaxed);
        while (last < at && !last_rotation_.compare_exchange_weak(last, at, std::memory_order_relaxed)) {
        }
    }

    void grow_where_needed() {
        // Only these: a table that is sized for what is yet to come would shrink.
        if (s_.families.size() > 2 * s_.families.buckets()) {
            s_.families.resize_to_fit();
        }
        if (s_.users.size() > 2 * s_.users.buckets()) {
            s_.users.resize_to_fit();
        }
        s_.agents.grow_where_crowded();
    }

    // --- One for each record that changes the state. Events it does not depend on; `serving` the log has read itself.
    void apply(as<user> /*one*/, const record_view& record) {
        auto u = std::make_shared<user>();
        decode_or_refuse(record, *u);
        users_.apply(std::move(u));
    }

    void apply(as<family_created_record> /*one*/, const record_view& record) {
        family_created_record r;
        decode_or_refuse(record, r);
        user_slot& owner = users_.slot_of(r.facts.user);
        const rcu_read_guard section;
        family_node* const node = s_.families.make(r.facts, owner, r.word, r.use, s_.agents.acquire(r.use.agent));
        if (node == nullptr) {
            refuse_so_many();
        }
        complete(*node, r, record);
        note_rotation(node->created_at, r.word);
        // It is there already in one case of many: looking first would cost each a search.
        if (const family_table::added done = s_.families.add(section, *node);
            done.outcome == family_table::adding::exists) {
            s_.families.unmake(*node);
            merge_into(*done.node, r.word, r.ended_after, r.use, record.time);
        }
    }

    void apply(as<family_word_record> /*one*/, const record_view& record) {
        family_word_record r;
        decode_or_refuse(record, r);
        const rcu_read_guard section;
        if (family_node* const node = s_.families.find(section, r.id)) {
            merge_into(*node, r.word, r.ended_after, r.use, record.time);
        } else {
            ++s_.words_without_family;
        }
    }

    void apply(as<mail> /*one*/, const record_view& record) {
        mail m;
        decode_or_refuse(record, m);
        const std::lock_guard lock(s_.mails.mutex);
        s_.mails.take(std::move(m));
    }

    template <plain_entity Record>
    void apply(as<Record> /*one*/, const record_view& record) {
        Record r;
        decode_or_refuse(record, r);
        s_.plain.of<Record>().take(std::move(r)); // of those that the registry holds: until finish()
    }

    // Of a family that a snapshot has twice, what the second one says.
    void merge_node(family_node& there, const family_node& other) {
        const family_word word = other.load();
        merge_into(there, word, word.live() ? 0 : other.ended_after(), other.last_use(), {});
    }

    void merge_into(family_node& node, family_word word, std::uint32_t ended_after, const use_view& use,
                    timestamp_ms recorded_at) {
        const std::lock_guard lock(mutex_);
        const family_word before = node.load();
        const merged_family after =
            merge_record({before, node.last_use().generation, node.ended_after()}, {word, use.generation, ended_after},
                         node.created_at, to_seconds(recorded_at));
        if (before.status() != after.word.status()) {
            s_.families.count(before.status(), -1);
            s_.families.count(after.word.status(), 1);
        }
        note_rotation(node.created_at, after.word);
        node.word.store(after.word.bits(), std::memory_order_relaxed);
        node.durable_word.store(after.word.bits(), std::memory_order_relaxed);
        if (after.newer_use) {
            s_.agents.release(node.set_last_use(use, s_.agents.acquire(use.agent)));
        }
        if (after.ended_after != 0) {
            node.set_ended_after(after.ended_after);
        }
    }

    // Families whose user no record ever told of: all in the lists of slots without a version.
    void drop_families_of(const std::vector<user_slot*>& unknown) {
        std::vector<family_node*> orphans;
        for (const user_slot* const slot : unknown) {
            for (family_node* node = slot->first_family(); node != nullptr;
                 node = node->next_of_user.load(std::memory_order_relaxed)) {
                orphans.push_back(node);
            }
        }
        s_.families_without_user = orphans.size();
        if (!orphans.empty()) {
            s_.families.drop(orphans);
        }
    }

    store_state& s_;
    recovering_users users_;
    std::uint64_t expected_families_ = 0;
    static constexpr std::int64_t no_rotation = std::numeric_limits<std::int64_t>::min();
    std::atomic<std::int64_t> last_rotation_{no_rotation}; // seconds since 1970
    unsigned threads_ = 1;                                 // that read the snapshot
    std::mutex mutex_; // for the readers, and for what changes a family that is there already
    std::unique_ptr<family_filler> filler_;
    std::vector<std::unique_ptr<reader>> readers_; // before the filler: they have lanes of it
};

} // namespace

std::optional<timestamp> last_rotation_until(store_state& s, timestamp now) {
    if (!s.last_rotation || *s.last_rotation <= now) {
        return s.last_rotation;
    }
    // A clock was wrong once: what was rotated then hides what was rotated before it.
    std::optional<timestamp> last;
    const rcu_read_guard section;
    for (std::size_t slab = 0; slab < s.families.slab_count(); ++slab) {
        s.families.walk(slab, [&](family_node& node) {
            const family_word word = node.load();
            const timestamp at = node.facts().rotated_at(word);
            if (word.live() && word.generation() > 0 && at <= now) {
                last = std::max(last.value_or(at), at);
            }
        });
    }
    return last;
}

void recover(store_state& s) {
    recovering r(s);
    s.recovery = s.log->recover({.expect = [&](const snapshot_counts& counts) { r.expect(counts); },
                                 .snapshot_reader = [&] { return r.snapshot_reader(); },
                                 .snapshot_read = [&] { r.snapshot_read(); },
                                 .apply = [&](const record_view& record) { r.apply(record); }});
    r.finish();
}

} // namespace pawl::storage
