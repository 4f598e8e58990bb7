// Changes of users: one at a time under the table's mutex; claim, publish and enqueue are one step.
#include "core/user/names.hpp"
#include "storage/store/embedded_store.hpp"
#include "storage/store/store_state.hpp"

#include <boost/assert.hpp>

#include <algorithm>
#include <array>

namespace pawl::storage {

namespace {

// How many names of one account may rest: else one could keep others from all the names it goes through.
constexpr std::size_t names_resting_max = 8;

// What is to become of the two login names of a user. Prepared without changing anything.
struct name_claims {
    struct one {
        std::string folded;                // empty: no name
        name_entry* held = nullptr;        // who has it now
        std::unique_ptr<name_entry> fresh; // where no user has it
        bool taken = false;                // by another user
    };
    one email, username;

    bool refused() const { return email.taken || username.taken; }
};

void prepare(name_claims::one& claim, const user_table& users, user_slot* owner) {
    if (claim.folded.empty()) {
        return;
    }
    claim.held = users.holder_of(claim.folded);
    claim.taken = claim.held != nullptr && claim.held->owner != owner;
    if (claim.held == nullptr && owner != nullptr) {
        claim.fresh = std::make_unique<name_entry>(claim.folded, *owner);
    }
}

name_claims prepare_claims(const user_table& users, const user& u, user_slot* owner) {
    name_claims claims;
    claims.email.folded = u.email.empty() ? std::string() : fold_login_name(u.email);
    claims.username.folded = u.username.empty() ? std::string() : fold_login_name(u.username);
    prepare(claims.email, users, owner);
    if (claims.username.folded != claims.email.folded) {
        prepare(claims.username, users, owner);
    } else {
        claims.username.taken = false; // said once, of the email
        claims.username.folded.clear();
    }
    return claims;
}

void claim(user_table& users, name_claims::one& c) noexcept {
    if (c.fresh != nullptr) {
        name_entry& entry = *c.fresh;
        users.claim(entry, std::move(c.fresh));
    } else if (c.held != nullptr) {
        users.claim(*c.held, nullptr);
    }
}

} // namespace

result<ticket> embedded_store::observe_user(user_id id, std::uint64_t version_seen) {
    store_state& s = *state_;
    user_ptr record;
    std::vector<mail_ptr> mails;
    {
        const rcu_read_guard section;
        const user_slot* const slot = s.users.find(section, id);
        if (slot == nullptr || slot->durable_version.load(std::memory_order_acquire) >= version_seen) {
            return ticket::none;
        }
        const user_version& current = *slot->current.load(std::memory_order_acquire);
        record = current.record;
        mails = current.mails;
    }
    const user_group group = encode_group(*record, mails);
    const std::optional<log_room> room = s.reserve(log_room::ordinary, true, group.records());
    if (!room) {
        return no_room();
    }
    return s.enqueue_user(*record, group, *room);
}

result<ticket> embedded_store::observe_absence(std::string_view folded) {
    user_id holder;
    std::uint64_t version = 0;
    {
        const rcu_read_guard section;
        const user_slot* const slot = state_->users.find_last_holder(section, folded);
        if (slot == nullptr) {
            return ticket::none;
        }
        holder = slot->id;
        version = slot->current.load(std::memory_order_acquire)->record->version;
    }
    return observe_user(holder, version);
}

namespace {

// What a refusal of a name rests on: the record of the user who has it.
result<ticket> refusal_rests_on(embedded_store& store, const name_claims& claims) {
    ticket wait_for = ticket::none;
    for (const name_claims::one* c : {&claims.email, &claims.username}) {
        if (c->taken) {
            const user_version* const version = c->held->owner->current.load(std::memory_order_acquire);
            const result<ticket> t = store.observe_user(c->held->owner->id, version->record->version);
            if (t.has_error()) {
                return t.error();
            }
            wait_for = later(wait_for, *t);
        }
    }
    return wait_for;
}

} // namespace

result<imported> embedded_store::import_user(const user& u) {
    store_state& s = *state_;
    const auto record = std::make_shared<const user>(u);
    const user_group group = encode_group(u, {});
    if (u.id.value == 0 || u.id.value > imported_id_max || u.version == 0 || group.body.empty() ||
        (u.deleted && !(u.email.empty() && u.username.empty() && !u.gate.enabled))) {
        return imported{import_outcome::refused};
    }
    const std::lock_guard lock(s.users.mutex);
    s.users.free_names(s.time.now(), [&](std::uint64_t sequence) { return is_durable(ticket{sequence}); });
    user_ptr there;
    {
        const rcu_read_guard section;
        if (const user_slot* const slot = s.users.find(section, u.id)) {
            there = slot->current.load(std::memory_order_acquire)->record;
        }
    }
    if (there != nullptr) {
        const result<ticket> rests = observe_user(u.id, there->version);
        if (rests.has_error()) {
            return rests.error();
        }
        return imported{*there == u ? import_outcome::same : import_outcome::id_taken, *rests};
    }
    auto slot = std::make_unique<user_slot>(u.id);
    name_claims claims = prepare_claims(s.users, u, slot.get());
    if (claims.refused()) {
        const result<ticket> rests = refusal_rests_on(*this, claims);
        if (rests.has_error()) {
            return rests.error();
        }
        return imported{claims.email.taken ? import_outcome::email_taken : import_outcome::username_taken, *rests};
    }
    auto version = std::make_unique<user_version>(record);
    const std::optional<log_room> room = s.reserve(log_room::ordinary);
    if (!room) {
        return no_room();
    }
    s.users.next_id = std::max(s.users.next_id, u.id.value + 1);
    user_slot& published = *slot;
    s.users.publish(*slot, std::move(version));
    s.users.add(std::move(slot));
    claim(s.users, claims.email);
    claim(s.users, claims.username);
    for (const former_address& a : u.former_addresses) {
        s.users.let_rest(published, fold_login_name(a.email), a.until);
    }
    return imported{import_outcome::added, s.enqueue_user(*record, group, *room)};
}

// In memory first: what is given meanwhile is not below it. A manifest says it where no record does, also to versions
// before this one, and later snapshots go on from there.
result<bool> embedded_store::raise_next_user_id(std::uint64_t next) {
    store_state& s = *state_;
    if (next > imported_id_max) {
        return errc::validation_failed;
    }
    if (s.stopping.load(std::memory_order_relaxed)) {
        return no_room();
    }
    bool raised = false;
    {
        const std::lock_guard lock(s.users.mutex);
        raised = s.users.next_id < next;
        s.users.next_id = std::max(s.users.next_id, next);
    }
    // Also where it is no news: the record of who has the highest id may not be durable yet.
    if (s.log->keep_next_user_id(next)) {
        return no_room();
    }
    return raised;
}

namespace {

// The mails of a change, of this user where they are of none yet; std::nullopt where one is not as it must be.
std::optional<std::vector<mail_ptr>> mails_of(std::span<const mail> mails, user_id of) {
    std::vector<mail_ptr> out;
    for (const mail& m : mails) {
        auto one = std::make_shared<mail>(m);
        one->user = m.user == user_id{} ? of : m.user;
        if (!one->is_waiting() || !is_sound(*one)) {
            return std::nullopt;
        }
        out.push_back(std::move(one));
    }
    return out.size() <= mails_of_a_change_max ? std::optional(std::move(out)) : std::nullopt;
}

// Publishes the mails and enqueues the group. The user's version, which has them, is published before: a snapshot that
// meets one of them meets that version (snapshot_content.cpp).
ticket enqueue_change(store_state& s, const user& u, const user_group& group, mail_table::prepared mails,
                      log_room room) {
    if (mails.empty()) {
        return s.enqueue_user(u, group, room);
    }
    const std::lock_guard lock(s.mails.mutex);
    return ticket{
        s.mails.add(std::move(mails), [&] { return static_cast<std::uint64_t>(s.enqueue_user(u, group, room)); })};
}

// Room for them in the table; std::nullopt where an id is taken. No other change adds them meanwhile: ids are random.
std::optional<mail_table::prepared> prepare_mails(store_state& s, std::span<const mail_ptr> mails) {
    const std::lock_guard lock(s.mails.mutex);
    mail_table::prepared fresh = s.mails.prepare(mails);
    return fresh.size() == mails.size() ? std::optional(std::move(fresh)) : std::nullopt;
}

} // namespace

result<store::insert_user_result> embedded_store::insert_user(const user& u, std::span<const mail> mails) {
    store_state& s = *state_;
    auto record = std::make_shared<user>(u);
    const std::lock_guard lock(s.users.mutex);
    s.users.free_names(s.time.now(), [&](std::uint64_t sequence) { return is_durable(ticket{sequence}); });

    if (s.users.next_id > user_id_max) {
        return no_room(); // of numbers; an import may have brought the last of them
    }
    insert_user_result out;
    out.id = user_id{s.users.next_id};
    record->id = out.id;
    record->version = 1;
    auto slot = std::make_unique<user_slot>(out.id);
    name_claims claims = prepare_claims(s.users, *record, slot.get());
    if (claims.refused()) {
        const result<ticket> rests = refusal_rests_on(*this, claims);
        if (rests.has_error()) {
            return rests.error();
        }
        return insert_user_result{{}, *rests, claims.email.taken, claims.username.taken};
    }
    const std::optional<std::vector<mail_ptr>> sent = mails_of(mails, out.id);
    std::optional<mail_table::prepared> fresh = sent ? prepare_mails(s, *sent) : std::nullopt;
    const user_group group = encode_group(*record, sent.value_or(std::vector<mail_ptr>()));
    if (group.body.empty() || !fresh) {
        return errc::validation_failed; // larger than any record may be; the services check sizes before
    }
    auto version = std::make_unique<user_version>(record, *sent);
    const std::optional<log_room> room = s.reserve(log_room::ordinary, false, group.records());
    if (!room) {
        return no_room();
    }
    ++s.users.next_id;
    s.users.publish(*slot, std::move(version));
    s.users.add(std::move(slot));
    claim(s.users, claims.email);
    claim(s.users, claims.username);
    out.wait_for = enqueue_change(s, *record, group, *std::move(fresh), *room);
    return out;
}

namespace {

// Names of a user's record that the one to come does not have.
struct names_left {
    std::array<name_entry*, 2> entries{};
    std::size_t count = 0;
};

// Under the users' mutex.
names_left names_left_by(store_state& s, const user_slot& slot, const user& before, const name_claims& claims) {
    names_left left;
    for (const std::string* const name : {&before.email, &before.username}) {
        if (name->empty()) {
            continue;
        }
        const std::string folded = fold_login_name(*name);
        name_entry* const entry = s.users.holder_of(folded);
        BOOST_ASSERT(entry != nullptr && entry->owner == &slot);
        const bool kept = folded == claims.email.folded || folded == claims.username.folded;
        if (!kept && (left.count == 0 || left.entries[0] != entry)) {
            left.entries[left.count++] = entry;
        }
    }
    return left;
}

// How long an address that the user gave up stays the user's (core/user/user.hpp).
timestamp kept_until(const user& u, const std::string& folded) {
    for (const former_address& a : u.former_addresses) {
        if (fold_login_name(a.email) == folded) {
            return a.until;
        }
    }
    return {};
}

} // namespace

result<store::replace_user_result> embedded_store::replace_user(const user& desired, std::span<const mail> mails) {
    store_state& s = *state_;
    const auto record = std::make_shared<const user>(desired);
    const std::lock_guard lock(s.users.mutex);
    s.users.free_names(s.time.now(), [&](std::uint64_t sequence) { return is_durable(ticket{sequence}); });

    user_slot* slot = nullptr;
    {
        const rcu_read_guard section;
        slot = s.users.find(section, desired.id);
    }
    // Under the mutex no other thread replaces the version; only maintenance frees a slot, which has a tombstone then.
    const user_version* const current = slot == nullptr ? nullptr : slot->current.load(std::memory_order_acquire);
    if (current == nullptr || current->record->deleted) {
        return replace_user_result{exchange_outcome::gone};
    }
    const user& before = *current->record;
    if (before.version + 1 != desired.version) {
        return replace_user_result{exchange_outcome::conflict};
    }
    name_claims claims = prepare_claims(s.users, desired, slot);
    if (claims.refused()) {
        const result<ticket> rests = refusal_rests_on(*this, claims);
        if (rests.has_error()) {
            return rests.error();
        }
        replace_user_result out{exchange_outcome::conflict, *rests};
        out.email_taken = claims.email.taken;
        out.username_taken = claims.username.taken;
        return out;
    }
    const std::optional<std::vector<mail_ptr>> sent = mails_of(mails, desired.id);
    std::optional<mail_table::prepared> fresh = sent ? prepare_mails(s, *sent) : std::nullopt;
    const user_group group = encode_group(desired, sent.value_or(std::vector<mail_ptr>()));
    if (group.body.empty() || !fresh) {
        return errc::validation_failed;
    }
    auto version = std::make_unique<user_version>(record, *sent);
    const names_left left = names_left_by(s, *slot, before, claims);
    if (left.count > 0 && s.options.names_rest > seconds(0) && !desired.deleted) {
        const timestamp now = s.time.now();
        const user_table::resting_names resting = s.users.resting_of(*slot, now);
        if (resting.count + left.count > names_resting_max) {
            return failure(errc::too_many_attempts, resting.first_free - now);
        }
    }
    s.users.expect_given_up(left.count);

    const bool closes = before.gate.epoch != desired.gate.epoch || (before.gate.enabled && !desired.gate.enabled);
    const std::optional<log_room> room =
        s.reserve(closes ? log_room::ending : log_room::ordinary, false, group.records());
    if (!room) {
        return no_room();
    }
    claim(s.users, claims.email);
    claim(s.users, claims.username);
    for (std::size_t i = 0; i < left.count; ++i) {
        s.users.deactivate(*left.entries[i]);
    }
    s.users.publish(*slot, std::move(version));
    const ticket t = enqueue_change(s, *record, group, *std::move(fresh), *room);
    for (std::size_t i = 0; i < left.count; ++i) {
        // `now` after the publication: a token made of the old record has a time from before.
        const seconds rest = s.options.names_rest;
        const timestamp rests_until = rest > seconds(0) ? s.time.now() + rest : timestamp{};
        s.users.give_up(*left.entries[i], static_cast<std::uint64_t>(t),
                        std::max(rests_until, kept_until(desired, left.entries[i]->folded)));
    }
    if (desired.deleted) {
        s.users.cut_rest(*slot, s.time.now() + s.options.names_rest);
    }
    return replace_user_result{exchange_outcome::exchanged, t};
}

} // namespace pawl::storage
