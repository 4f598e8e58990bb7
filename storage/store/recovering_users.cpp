#include "storage/store/recovering_users.hpp"

#include "core/user/names.hpp"
#include "storage/exit_code.hpp"
#include "storage/on_threads.hpp"
#include "storage/record/record_merge.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace pawl::storage {

namespace {

constexpr std::size_t users_at_once = 1000; // a thread takes so many

// Calls visit(begin, end) for all of [0, size), on several threads at once.
template <class Visit>
void in_ranges(std::size_t size, unsigned threads, const Visit& visit) {
    std::atomic<std::size_t> next{0};
    on_threads(size <= users_at_once ? 1 : threads, [&] {
        for (std::size_t i = next.fetch_add(users_at_once); i < size; i = next.fetch_add(users_at_once)) {
            visit(i, std::min(size, i + users_at_once));
        }
    });
}

} // namespace

recovering_users::~recovering_users() {
    if (!linked_) {
        for (std::atomic<user_slot*>& slot : by_number_) {
            delete slot.load();
        }
    }
}

void recovering_users::expect(const snapshot_counts& counts) {
    table_.expect(counts.users);
    table_.next_id = std::max(table_.next_id, counts.next_user_id);
    // Numbers are given one after the other, so a list finds most users sooner than the map does.
    const std::uint64_t numbered = std::min(counts.next_user_id, counts.users * 2 + 1);
    by_number_ = std::vector<std::atomic<user_slot*>>(numbered);
}

user_slot& recovering_users::slot_of(user_id id) {
    if (id.value >= by_number_.size()) {
        return find_or_add(id);
    }
    std::atomic<user_slot*>& known = by_number_[id.value];
    if (user_slot* const slot = known.load(std::memory_order_acquire)) {
        return *slot;
    }
    if (linked_) {
        user_slot& slot = find_or_add(id);
        known.store(&slot, std::memory_order_release);
        return slot;
    }
    auto fresh = std::make_unique<user_slot>(id);
    user_slot* there = nullptr;
    if (!known.compare_exchange_strong(there, fresh.get(), std::memory_order_acq_rel, std::memory_order_acquire)) {
        return *there; // another thread was quicker
    }
    return *fresh.release();
}

user_slot& recovering_users::find_or_add(user_id id) {
    const std::lock_guard lock(table_.mutex);
    {
        const rcu_read_guard section;
        if (user_slot* const slot = table_.find(section, id)) {
            return *slot;
        }
    }
    auto fresh = std::make_unique<user_slot>(id);
    user_slot& slot = *fresh;
    table_.add(std::move(fresh));
    highest_ = std::max(highest_, id.value);
    return slot;
}

void recovering_users::apply(user_ptr record) {
    user_slot& slot = slot_of(record->id);
    auto fresh = std::make_unique<user_version>(std::move(record));
    const std::lock_guard lock(changing_[slot.id.value % changing_.size()]);
    const user_version* const known = slot.current.load(std::memory_order_relaxed);
    if (is_newer(*fresh->record, known == nullptr ? nullptr : known->record.get())) {
        // No other thread is reading: what is replaced goes at once.
        delete slot.current.exchange(fresh.release(), std::memory_order_relaxed);
    }
}

void recovering_users::link(unsigned threads) {
    {
        const std::lock_guard lock(table_.mutex);
        for (const std::atomic<user_slot*>& slot : by_number_) {
            if (user_slot* const s = slot.load(std::memory_order_acquire)) {
                table_.enlist(*s);
                highest_ = std::max(highest_, s->id.value);
            }
        }
    }
    in_ranges(by_number_.size(), threads, [this](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            if (user_slot* const s = by_number_[i].load(std::memory_order_acquire)) {
                table_.link(*s);
            }
        }
    });
    linked_ = true;
}

std::vector<user_slot*> recovering_users::finish(unsigned threads) {
    by_number_ = std::vector<std::atomic<user_slot*>>(); // of slots that may go now
    const std::vector<user_slot*> slots = table_.some({}, std::numeric_limits<std::size_t>::max());
    table_.grow_names_for(slots.size());
    std::mutex noting;
    std::vector<user_slot*> unknown;
    in_ranges(slots.size(), threads, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            user_slot& slot = *slots[i];
            const user_version* const version = slot.current.load(std::memory_order_acquire);
            if (version != nullptr) {
                slot.durable_version.store(version->record->version, std::memory_order_relaxed);
                index_names(slot, *version->record);
                table_.count_cost(slot, *version->record);
                continue;
            }
            const std::lock_guard lock(noting);
            unknown.push_back(&slot);
        }
    });
    index_former_names();
    return unknown;
}

void recovering_users::index_former_names() {
    const std::lock_guard lock(table_.mutex);
    for (user_slot* const slot : with_former_names_) {
        for (const former_address& a : slot->current.load(std::memory_order_relaxed)->record->former_addresses) {
            table_.let_rest(*slot, fold_login_name(a.email), a.until);
        }
    }
}

void recovering_users::index_names(user_slot& slot, const user& u) {
    if (u.deleted) {
        return;
    }
    if (!u.former_addresses.empty()) {
        const std::lock_guard lock(noting_);
        with_former_names_.push_back(&slot);
    }
    for (const std::string* name : {&u.email, &u.username}) {
        if (name->empty() || (name == &u.username && u.username == u.email)) {
            continue;
        }
        const user_slot& holder = table_.take_name(std::make_unique<name_entry>(fold_login_name(*name), slot));
        if (&holder != &slot) {
            const auto [first, second] = std::minmax(holder.id.value, slot.id.value);
            throw refused(exit_code::corrupt, "users " + std::to_string(first) + " and " + std::to_string(second) +
                                                  " have the same login name; run: pawlctl log verify");
        }
    }
}

} // namespace pawl::storage
