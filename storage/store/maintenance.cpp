#include "storage/store/maintenance.hpp"
#include "storage/store/family_bonds.hpp"

#include "core/family/decide.hpp"
#include "core/provider/authorization_code.hpp"
#include "storage/background.hpp"
#include "storage/store/snapshot_content.hpp"
#include "storage/store/store_state.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace pawl::storage {

namespace {

constexpr std::size_t users_at_once = 1000;
constexpr std::chrono::seconds snapshot_retry_after{30};
constexpr std::size_t drops_at_once = 4096; // families freed in one grace period
// Surplus families that make a snapshot worth while, which they wait for: so many, and a share of all.
constexpr std::uint64_t surplus_min = 4096, surplus_share = 8;

// Since when the family is of no use to anybody; std::nullopt if it may still be, or may become so again (a user or a
// client that is disabled can be enabled, so that alone is no end).
std::optional<timestamp> dead_since(const rcu_read_guard& section, const store_state& state, const family_node& node,
                                    family_word word, const family_facts& facts, timestamp now) {
    const user_version& version = *node.owner->current.load(std::memory_order_acquire);
    const user& owner = *version.record;
    if (!word.live()) {
        return node.created_at + seconds(node.ended_after());
    }
    if (facts.expired(word, now)) {
        return facts.idle_expires_at(word);
    }
    if (owner.deleted || !owner.gate.is_open_to(facts.id, facts.epoch)) {
        return owner.gate.changed_at;
    }
    const std::optional<bond_end> end = bond_end_of(section, state, facts, *node.owner, version, now);
    return end ? std::optional(end->at) : std::nullopt;
}

} // namespace

maintenance::maintenance(store_state& state)
    : state_(state), last_sweep_(steady::now()), last_snapshot_(steady::now()), not_before_(steady::now()) {}

maintenance::~maintenance() {
    stop_thread(milliseconds::max());
}

void maintenance::start_thread() {
    running_ = true;
    thread_ = std::thread([this] { run(); });
}

bool maintenance::stop_thread(milliseconds limit) {
    if (!thread_.joinable()) {
        return true;
    }
    {
        std::unique_lock lock(sleep_mutex_);
        stop_ = true;
        wake_.notify_all();
        if (limit == milliseconds::max()) {
            ended_.wait(lock, [this] { return !running_; });
        } else if (!ended_.wait_for(lock, limit, [this] { return !running_; })) {
            return false;
        }
    }
    thread_.join();
    return true;
}

void maintenance::nudge() noexcept {
    {
        const std::lock_guard lock(sleep_mutex_);
        nudged_ = true;
    }
    wake_.notify_all();
}

void maintenance::run() {
    work_in_the_background("pawl-upkeep");
    for (;;) {
        {
            std::unique_lock lock(sleep_mutex_);
            wake_.wait_for(lock, state_.options.maintenance_interval, [this] { return stop_ || nudged_; });
            nudged_ = false;
            if (stop_) {
                running_ = false;
                ended_.notify_all();
                return;
            }
        }
        try {
            round(sweeping::when_due);
        } catch (const std::exception& e) { // memory, most likely: the next round tries again
            if (state_.options.on_notice) {
                state_.options.on_notice(std::string("maintenance: ") + e.what());
            }
        }
    }
}

void maintenance::round(sweeping when) {
    const std::lock_guard lock(working_);
    free_and_resize();
    if (when == sweeping::now || steady::now() - last_sweep_ >= state_.options.sweep_interval) {
        sweep();
        last_sweep_ = steady::now();
    }
    if (snapshot_due()) {
        take_snapshot();
    }
}

void maintenance::free_and_resize() {
    {
        const std::lock_guard lock(state_.users.mutex);
        state_.users.free_names(state_.time.now(), [this](std::uint64_t sequence) {
            return !state_.waiters.failed() && state_.waiters.is_durable(sequence);
        });
    }
    state_.families.free_rejected();
    state_.garbage.flush();
    state_.families.resize_to_fit();
    state_.users.resize_to_fit();
    state_.agents.resize_to_fit();
    state_.entities.resize_to_fit();
}

// A mark is the number of snapshots taken when the entity was first seen dead, with the top bit set; 0 is no mark.
bool maintenance::may_go(std::uint16_t& mark, bool dead) const noexcept {
    constexpr unsigned set = 0x8000, numbers = 0x7FFF;
    if (!dead) {
        mark = 0;
        return false;
    }
    // One short of all numbers, since family_node::dropping is a mark that no count may give.
    const auto taken = static_cast<unsigned>(snapshots_.load(std::memory_order_relaxed) % numbers);
    if (mark == 0) {
        mark = static_cast<std::uint16_t>(set | taken);
        return false;
    }
    const unsigned since = (taken + numbers - (mark & numbers)) % numbers;
    return since >= 2;
}

void maintenance::sweep() {
    const timestamp now = state_.time.now();
    sweep_families(now);
    sweep_users(now);
    {
        const std::lock_guard lock(state_.entities.mutex);
        state_.entities.drop_expired(now);
    }
    drop_orphaned_consents();
    sweeps_.fetch_add(1, std::memory_order_relaxed);
}

// Those of users and clients that were removed. Some at a time: changes wait meanwhile.
void maintenance::drop_orphaned_consents() {
    const auto stays = [this](const consent& c) {
        const rcu_read_guard section;
        const user_slot* const slot = state_.users.find(section, c.user);
        return slot != nullptr && !slot->current.load(std::memory_order_acquire)->record->deleted &&
               state_.entities.clients.current().find(c.client.value) != nullptr;
    };
    user_id last;
    for (bool more = true; more;) {
        const std::lock_guard lock(state_.entities.mutex);
        more = state_.entities.consents.drop(last, users_at_once, stays);
    }
}

void maintenance::sweep_families(timestamp now) {
    std::uint64_t alive_count = 0, surplus = 0;
    std::vector<family_id> withdrawn; // that no withdrawal ended: a crash or a full disk came between
    std::vector<family_node*> dropped;
    const auto drop = [&] {
        if (!dropped.empty()) {
            state_.families.drop(dropped);
            families_dropped_.fetch_add(dropped.size(), std::memory_order_relaxed);
            dropped.clear();
        }
    };
    for (std::size_t slab = 0; slab < state_.families.slab_count(); ++slab) {
        {
            const rcu_read_guard section;
            state_.families.walk(slab, [&](family_node& node) {
                const user& owner = *node.owner->current.load(std::memory_order_acquire)->record;
                const family_word word = node.load();
                const family_facts facts = node.facts();
                const family_bonds bonds = bonds_of(section, state_, facts, owner.gate);
                if (alive(word, facts, owner.gate, bonds, now)) {
                    ++alive_count;
                }
                if (bonds.is_withdrawn && word.live()) {
                    withdrawn.push_back(facts.id);
                }
                const std::optional<timestamp> since = dead_since(section, state_, node, word, facts, now);
                const family_node::place at = node.standing.load(std::memory_order_relaxed);
                node.owner->dead_listed += since && at == family_node::place::listed ? 1U : 0U;
                // What tells that a code was used stays while the code may be good: no bound is above that.
                const bool of_no_use = since && !may_await_its_code(facts, now);
                const bool early = of_no_use && at == family_node::place::surplus;
                const bool dead = early || (of_no_use && now - *since >= state_.options.dead_retention);
                if (may_go(node.sweep_mark, dead)) {
                    dropped.push_back(&node);
                } else if (early) {
                    ++surplus;
                }
            });
        }
        if (dropped.size() >= drops_at_once) {
            drop();
        }
    }
    drop();
    for (const family_id& id : withdrawn) {
        end_withdrawn(state_, id, now);
    }
    families_alive_.store(alive_count, std::memory_order_relaxed);
    families_surplus_.store(surplus, std::memory_order_relaxed);
}

// Logins and lists of sessions set dead families aside; of a user without either this does.
void maintenance::set_dead_aside(user_slot& slot, timestamp now) {
    const std::size_t listed = std::exchange(slot.dead_listed, 0);
    user_families& lists = state_.families.lists();
    if (listed == 0 || listed + lists.kept_aside(slot) <= lists.dead_max()) {
        return;
    }
    const rcu_read_guard section;
    lists.set_dead_aside(section, state_, slot, now);
}

std::optional<timestamp> maintenance::last_expiry(timestamp created_until) {
    const std::lock_guard lock(working_);
    const timestamp now = state_.time.now();
    std::optional<timestamp> latest;
    for (std::size_t slab = 0; slab < state_.families.slab_count(); ++slab) {
        const rcu_read_guard section;
        state_.families.walk(slab, [&](family_node& node) {
            const user& owner = *node.owner->current.load(std::memory_order_acquire)->record;
            const family_facts facts = node.facts();
            // The time of a creation that lies in the future is not known.
            const bool asked = facts.created_at <= created_until || facts.created_at > now;
            if (asked && may_live(node.load(), facts, owner.gate)) {
                latest = std::max(latest.value_or(facts.expires_at()), facts.expires_at());
            }
        });
    }
    return latest;
}

void maintenance::sweep_users(timestamp now) {
    std::uint64_t tombstones = 0;
    user_id after;
    for (auto slots = state_.users.some(after, users_at_once); !slots.empty();
         slots = state_.users.some(after, users_at_once)) {
        after = slots.back()->id;
        for (user_slot* const slot : slots) {
            set_dead_aside(*slot, now);
            bool dead = false;
            {
                const rcu_read_guard section;
                const user& u = *slot->current.load(std::memory_order_acquire)->record;
                if (u.deleted) {
                    ++tombstones;
                }
                dead = u.deleted && now - u.gate.changed_at >= state_.options.dead_retention &&
                       slot->durable_version.load(std::memory_order_relaxed) >= u.version;
            }
            family_node* empty = nullptr;
            // Closing the list is what keeps a late login from hanging a family on it.
            // Nothing is set aside from an empty list.
            if (may_go(slot->sweep_mark, dead) && !state_.families.lists().has_aside(*slot) &&
                slot->families.compare_exchange_strong(empty, user_slot::closed())) {
                state_.users.drop(*slot);
                users_dropped_.fetch_add(1, std::memory_order_relaxed);
            }
        }
    }
    tombstones_.store(tombstones, std::memory_order_relaxed);
}

bool maintenance::snapshot_due() const {
    const std::uint64_t bytes = state_.log->stats().sealed_bytes_since_snapshot;
    const embedded_store_options& o = state_.options;
    const std::uint64_t threshold = std::max(o.snapshot_log_bytes, snapshot_bytes_.load(std::memory_order_relaxed) / 2);
    const steady::time_point now = steady::now();
    const bool grown = bytes > threshold;
    const bool aged = bytes >= o.snapshot_min_bytes && now - last_snapshot_ >= o.snapshot_interval;
    // What this sweep marked goes with the second snapshot after it.
    const std::uint64_t surplus = families_surplus_.load(std::memory_order_relaxed);
    const bool crowded = surplus >= std::max(surplus_min, state_.families.size() / surplus_share) &&
                         sweeps_.load(std::memory_order_relaxed) != sweeps_at_snapshot_;
    return (grown || aged || crowded) && now >= not_before_;
}

snapshot_report maintenance::snapshot() {
    const std::lock_guard lock(working_);
    return take_snapshot();
}

snapshot_report maintenance::take_snapshot() {
    const steady::time_point began = steady::now();
    last_snapshot_ = began;
    sweeps_at_snapshot_ = sweeps_.load(std::memory_order_relaxed);
    snapshot_report report;
    std::string why = "the log could not be sealed";
    std::optional<std::uint64_t> size;
    if (const std::optional<log_position> at = state_.log->seal()) {
        report.lsn = at->lsn;
        // seal() took the log's lock after every enqueue before it, and what those records say was published before
        // them: the walk sees all of it without a fence of its own.
        size = state_.log->write_snapshot(
            *at, state_.time.now_ms(), [this](const record_sink& sink) { return write_snapshot_content(state_, sink); },
            why);
    }
    if (!size) {
        snapshots_failed_.fetch_add(1, std::memory_order_relaxed);
        not_before_ = steady::now() + snapshot_retry_after; // a full disk does not get emptier by writing to it
        if (state_.options.on_notice) {
            state_.options.on_notice("no snapshot: " + why);
        }
        return report;
    }
    report.taken = true;
    report.bytes = *size;
    report.ms = static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(steady::now() - began).count());
    snapshot_bytes_.store(report.bytes, std::memory_order_relaxed);
    snapshot_ms_.store(report.ms, std::memory_order_relaxed);
    snapshots_.fetch_add(1, std::memory_order_relaxed);
    return report;
}

maintenance::figures maintenance::look() const noexcept {
    figures f;
    f.sweeps = sweeps_.load(std::memory_order_relaxed);
    f.families_dropped = families_dropped_.load(std::memory_order_relaxed);
    f.users_dropped = users_dropped_.load(std::memory_order_relaxed);
    f.families_alive = families_alive_.load(std::memory_order_relaxed);
    f.families_surplus = families_surplus_.load(std::memory_order_relaxed);
    f.tombstones = tombstones_.load(std::memory_order_relaxed);
    f.snapshots = snapshots_.load(std::memory_order_relaxed);
    f.snapshots_failed = snapshots_failed_.load(std::memory_order_relaxed);
    f.snapshot_bytes = snapshot_bytes_.load(std::memory_order_relaxed);
    f.snapshot_ms = snapshot_ms_.load(std::memory_order_relaxed);
    return f;
}

} // namespace pawl::storage
