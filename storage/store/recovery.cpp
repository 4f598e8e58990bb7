// From the records of snapshot and log to the tables. Order between entities does not matter and reading a record twice
// does no harm (R5): a user's place is kept for it where its families come first.
//
// Threads: those of a large snapshot come on several at once. Families go in without a lock, as they do while serving;
// users under the table's mutex; what a second record changes of a family (a snapshot has none) under one of its own.
#include "core/user/names.hpp"
#include "storage/store/record_merge.hpp"
#include "storage/store/store_state.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace pawl::storage {

namespace {

class recovering {
public:
    explicit recovering(store_state& s) : s_(s) {}

    void expect(const snapshot_counts& counts) {
        s_.users.expect(counts.users);
        s_.families.expect(counts.families);
        s_.users.next_id = std::max(s_.users.next_id, counts.next_user_id);
        // Numbers are given one after the other, so a list finds most users sooner than the map does.
        const std::uint64_t numbered = std::min(counts.next_user_id, counts.users * 2 + 1);
        by_number_ = std::vector<std::atomic<user_slot*>>(numbered);
    }

    void apply(const record_view& record) {
        grow_where_needed(); // before any read section: chains get long within a few thousand records
        switch (static_cast<record_type>(record.type)) {
        case record_type::user:
            return apply_user(record);
        case record_type::family_created:
            return apply_created(record);
        case record_type::family_word:
            return apply_word(record);
        case record_type::event:
            return; // evidence: state does not depend on it
        }
        if ((record.type & critical_record_bit) != 0) {
            throw refused(refusal::newer_format, where(record) + " is of a type this version does not know");
        }
    }

    void finish() {
        by_number_ = std::vector<std::atomic<user_slot*>>(); // of slots that may go now
        drop_orphans();
        finish_users();
        s_.users.next_id = std::max({s_.users.next_id, s_.recovery.next_user_id, highest_user_ + 1});
        s_.families.resize_to_fit();
        s_.users.resize_to_fit();
        s_.agents.resize_to_fit();
        s_.garbage.flush();
    }

private:
    static std::string where(const record_view& record) {
        return "record " + std::to_string(record.lsn) + " (type " + std::to_string(record.type & ~critical_record_bit) +
               ", version " + std::to_string(record.version) + ")";
    }
    template <class Record>
    static void decode_or_refuse(const record_view& record, Record& out) {
        switch (decode(record, out)) {
        case decoding::ok:
            return;
        case decoding::malformed:
            throw refused(refusal::corrupt, where(record) + " is authentic but makes no sense; see `pawlctl verify`");
        case decoding::newer:
            throw refused(refusal::newer_format, where(record) + " was written by a later version of Pawl");
        }
    }

    void grow_where_needed() {
        const bool families = s_.families.size() > 2 * s_.families.buckets();
        const bool users = s_.users.size() > 2 * s_.users.buckets();
        const bool agents = s_.agents.size() > 2 * s_.agents.buckets();
        if (!families && !users && !agents) {
            return;
        }
        const std::unique_lock lock(growing_, std::try_to_lock); // who does not get it goes on
        if (!lock.owns_lock()) {
            return;
        }
        // Only these: a table that is sized for what is yet to come would shrink.
        if (families) {
            s_.families.resize_to_fit();
        }
        if (users) {
            s_.users.resize_to_fit();
        }
        if (agents) {
            s_.agents.resize_to_fit();
        }
    }

    user_slot& slot_of(user_id id) {
        if (id.value >= by_number_.size()) {
            return find_or_add(id);
        }
        std::atomic<user_slot*>& known = by_number_[id.value];
        if (user_slot* const slot = known.load(std::memory_order_acquire)) {
            return *slot;
        }
        user_slot& slot = find_or_add(id);
        known.store(&slot, std::memory_order_release);
        return slot;
    }

    user_slot& find_or_add(user_id id) {
        const rcu_read_guard section;
        if (user_slot* const slot = s_.users.find(section, id)) {
            return *slot;
        }
        const std::lock_guard lock(s_.users.mutex);
        if (user_slot* const slot = s_.users.find(section, id)) {
            return *slot;
        }
        auto fresh = std::make_unique<user_slot>(id);
        user_slot& slot = *fresh;
        s_.users.add(std::move(fresh));
        highest_user_ = std::max(highest_user_, id.value);
        return slot;
    }

    void apply_user(const record_view& record) {
        auto u = std::make_shared<user>();
        decode_or_refuse(record, *u);
        user_slot& slot = slot_of(u->id);
        const std::lock_guard lock(s_.users.mutex);
        const user_version* const known = slot.current.load(std::memory_order_relaxed);
        if (is_newer(*u, known == nullptr ? nullptr : known->record.get())) {
            // Nobody else is reading: what is replaced goes at once.
            delete slot.current.exchange(new user_version(std::move(u)), std::memory_order_relaxed);
        }
    }

    void apply_created(const record_view& record) {
        family_created_record r;
        decode_or_refuse(record, r);
        user_slot& owner = slot_of(r.facts.user);
        const rcu_read_guard section;
        family_node* const node = s_.families.make(r.facts, owner, r.word, r.use, s_.agents.acquire(r.use.agent));
        if (node == nullptr) {
            throw refused(refusal::usage, "more families than this program can hold");
        }
        node->logged.store(true, std::memory_order_relaxed);
        node->durable_word.store(r.word.bits(), std::memory_order_relaxed);
        if (!r.word.live()) {
            node->set_ended_after(end_of(r.ended_after, r.facts.created_at, to_seconds(record.time)));
        }
        // It is there already in one case of many: looking first would cost each a search.
        if (const family_table::added done = s_.families.add(section, *node);
            done.outcome == family_table::adding::exists) {
            s_.families.unmake(*node);
            merge_into(*done.node, r.word, r.ended_after, r.use, record);
        }
    }

    void apply_word(const record_view& record) {
        family_word_record r;
        decode_or_refuse(record, r);
        const rcu_read_guard section;
        if (family_node* const node = s_.families.find(section, r.id)) {
            merge_into(*node, r.word, r.ended_after, r.use, record);
        } else {
            ++s_.words_without_family;
        }
    }

    void merge_into(family_node& node, family_word word, std::uint32_t ended_after, const use_view& use,
                    const record_view& record) {
        const std::lock_guard lock(merging_);
        const family_word before = node.load();
        const merged_family after =
            merge_record({before, node.last_use().generation, node.ended_after()}, {word, use.generation, ended_after},
                         node.created_at, to_seconds(record.time));
        if (before.status() != after.word.status()) {
            s_.families.count(before.status(), -1);
            s_.families.count(after.word.status(), 1);
        }
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
    void drop_orphans() {
        std::vector<family_node*> orphans;
        for_each_slot([&](const user_slot& slot) {
            if (slot.current.load(std::memory_order_relaxed) != nullptr) {
                return;
            }
            for (family_node* node = slot.first_family(); node != nullptr;
                 node = node->next_of_user.load(std::memory_order_relaxed)) {
                orphans.push_back(node);
            }
        });
        s_.families_without_user = orphans.size();
        if (!orphans.empty()) {
            s_.families.drop(orphans);
        }
        s_.recovered_families = s_.families.size();
    }

    void finish_users() {
        for_each_slot([&](user_slot& slot) {
            const user_version* const version = slot.current.load(std::memory_order_relaxed);
            if (version == nullptr) {
                s_.users.drop(slot);
                return;
            }
            slot.durable_version.store(version->record->version, std::memory_order_relaxed);
            index_names(slot, *version->record);
        });
        s_.recovered_users = s_.users.size();
    }

    template <class Visit>
    void for_each_slot(const Visit& visit) {
        constexpr std::size_t chunk = 1000;
        user_id after;
        for (auto slots = s_.users.some(after, chunk); !slots.empty(); slots = s_.users.some(after, chunk)) {
            s_.users.resize_to_fit(); // the names come in here
            after = slots.back()->id;
            for (user_slot* const slot : slots) {
                visit(*slot);
            }
        }
    }

    void index_names(user_slot& slot, const user& u) {
        if (u.deleted) {
            return;
        }
        for (const std::string* name : {&u.email, &u.username}) {
            if (name->empty()) {
                continue;
            }
            std::string folded = fold_login_name(*name);
            const name_entry* const holder = s_.users.holder_of(folded);
            if (holder == nullptr) {
                auto entry = std::make_unique<name_entry>(std::move(folded), slot);
                name_entry& fresh = *entry;
                s_.users.claim(fresh, std::move(entry));
            } else if (holder->owner != &slot) {
                throw refused(refusal::corrupt, "users " + std::to_string(holder->owner->id.value) + " and " +
                                                    std::to_string(slot.id.value) +
                                                    " have the same login name; see `pawlctl verify`");
            }
        }
    }

    store_state& s_;
    std::vector<std::atomic<user_slot*>> by_number_;
    std::mutex growing_, merging_;
    std::uint64_t highest_user_ = 0; // under the users' mutex
};

} // namespace

void recover(store_state& s) {
    recovering r(s);
    s.recovery = s.log->recover([&](const snapshot_counts& counts) { r.expect(counts); },
                                [&](const record_view& record) { r.apply(record); });
    r.finish();
}

} // namespace pawl::storage
