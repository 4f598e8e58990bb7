#include "tests/support/memory_store.hpp"

#include "core/user/names.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace pawl::test {

namespace {

failure refused_change() {
    return {errc::storage_unavailable, seconds(1)};
}

} // namespace

// --- Durability.

ticket memory_store::enqueue(record r) {
    pending_.push_back(std::move(r));
    const ticket t{++last_ticket_};
    if (!held_ && !failed_) {
        make_durable();
    }
    return t;
}

void memory_store::make_durable() {
    while (!pending_.empty()) {
        apply(pending_.front());
        pending_.pop_front();
    }
    durable_ = last_ticket_;
    for (boost::asio::steady_timer* timer : std::exchange(waiting_, {})) {
        timer->cancel();
    }
}

void memory_store::resume_durability() {
    held_ = false;
    make_durable();
}

void memory_store::fail() {
    failed_ = true;
    for (boost::asio::steady_timer* timer : std::exchange(waiting_, {})) {
        timer->cancel();
    }
}

void memory_store::apply(const record& r) {
    if (const auto* f = std::get_if<family_record>(&r)) {
        const auto found = families_.find(f->id);
        if (found != families_.end()) {
            family_node& node = found->second;
            node.durable = node.durable ? merge(*node.durable, f->word) : f->word;
            node.durable_use = f->use;
        }
    } else if (const auto* u = std::get_if<user_ptr>(&r)) {
        apply_user(*u);
    }
}

void memory_store::apply_user(const user_ptr& u) {
    user_slot& slot = users_.at(u->id);
    if (slot.durable && slot.durable->version >= u->version) {
        return;
    }
    slot.durable = u;
    // A name is free once the record that frees it is durable, and no later record took it again.
    const auto bears = [](const user& holder, const std::string& name) {
        return name == fold_login_name(holder.email) || name == fold_login_name(holder.username) ||
               std::ranges::any_of(holder.former_addresses,
                                   [&](const former_address& a) { return name == fold_login_name(a.email); });
    };
    std::erase_if(names_, [&](const auto& name) {
        return name.second == u->id && !bears(*u, name.first) && !bears(*slot.current, name.first);
    });
}

task<bool> memory_store::durable(ticket t) {
    step(store_step::durable);
    if (wait_instead && !is_durable(t) && !failed_) {
        wait_instead(t);
        co_return is_durable(t);
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    while (!is_durable(t)) {
        if (failed_) {
            co_return false;
        }
        boost::asio::steady_timer timer(executor, boost::asio::steady_timer::time_point::max());
        waiting_.push_back(&timer);
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    co_return true;
}

std::unique_ptr<memory_store> memory_store::after_crash() const {
    auto image = std::make_unique<memory_store>();
    for (const auto& [id, node] : families_) {
        if (node.durable) {
            image->families_[id] = {node.facts, *node.durable, node.durable_use, node.durable, node.durable_use};
        }
    }
    for (const auto& [id, slot] : users_) {
        if (slot.durable) {
            image->users_[id] = {slot.durable, slot.durable};
            image->last_user_ = std::max(image->last_user_, id.value);
            if (!slot.durable->deleted) {
                image->names_[fold_login_name(slot.durable->email)] = id;
                image->names_[fold_login_name(slot.durable->username)] = id;
                for (const former_address& a : slot.durable->former_addresses) {
                    image->names_.try_emplace(fold_login_name(a.email), id);
                }
            }
        }
    }
    return image;
}

// --- Lookups.

const memory_store::user_slot& memory_store::slot_of(user_id id) const {
    const auto found = users_.find(id);
    if (found == users_.end()) {
        throw std::logic_error("a family of a user that never was");
    }
    return found->second;
}

family_details memory_store::details_of(const family_node& node) const {
    const user_ptr& owner = slot_of(node.facts.user).current;
    return {{node.facts, node.word, owner->gate, bonds_of(node.facts, owner->gate), owner->version}, node.use};
}

family_bonds memory_store::bonds_of(const family_facts& facts, const user_gate& gate) const {
    family_bonds out;
    if (entities != nullptr && facts.client >= first_registered_client) {
        const client_ptr who = entities->find_client(facts.client);
        out.client_admits = who && who->admits(facts.grant.client_epoch);
    }
    if (facts.origin.parent == family_id{}) {
        return out;
    }
    const auto parent = families_.find(facts.origin.parent);
    out.parent_may_live = parent != families_.end() && parent->second.word.live() &&
                          gate.admits(parent->first, parent->second.facts.epoch);
    if (parent != families_.end()) {
        out.parent_word = parent->second.word;
        out.parent_expires_at = parent->second.facts.idle_expires_at(parent->second.word);
    }
    return out;
}

std::optional<family_state> memory_store::find_family(const family_id& id) const {
    step(store_step::find_family);
    const auto found = families_.find(id);
    if (found == families_.end()) {
        return std::nullopt;
    }
    return details_of(found->second).state;
}

std::optional<family_details> memory_store::find_family_details(const family_id& id) const {
    step(store_step::find_family);
    const auto found = families_.find(id);
    if (found == families_.end()) {
        return std::nullopt;
    }
    return details_of(found->second);
}

user_ptr memory_store::user_with_tombstones(user_id id) const {
    const auto found = users_.find(id);
    return found == users_.end() ? nullptr : found->second.current;
}

user_ptr memory_store::find_user(user_id id) const {
    step(store_step::find_user);
    user_ptr found = user_with_tombstones(id);
    return found && !found->deleted ? found : nullptr;
}

std::string memory_store::usual_hash(std::string_view folded, const hash_costs::key& secret) const {
    hash_costs costs;
    for (const auto& [id, slot] : users_) {
        if (slot.current->gate.enabled) {
            costs.add(slot.current->password_hash);
        }
    }
    return costs.usual_for(folded, secret);
}

user_ptr memory_store::find_user_by_login(std::string_view folded) const {
    step(store_step::find_user);
    const auto named = names_.find(std::string(folded));
    if (named == names_.end()) {
        return nullptr;
    }
    user_ptr found = user_with_tombstones(named->second);
    const bool holds =
        !found->deleted && (fold_login_name(found->email) == folded || fold_login_name(found->username) == folded);
    return holds ? found : nullptr;
}

std::vector<family_details> memory_store::families_of(user_id id) const {
    step(store_step::families_of);
    std::vector<family_details> found;
    for (const auto& [key, node] : families_) {
        if (node.facts.user == id) {
            found.push_back(details_of(node));
        }
    }
    return found;
}

std::vector<user_ptr> memory_store::users_after(user_id after, std::size_t limit) const {
    step(store_step::find_user);
    std::vector<user_ptr> found;
    for (auto at = users_.upper_bound(after); at != users_.end() && found.size() < limit; ++at) {
        if (!at->second.current->deleted) {
            found.push_back(at->second.current);
        }
    }
    return found;
}

std::size_t memory_store::count_alive(user_id id, timestamp now) const {
    const std::vector<family_details> all = families_of(id);
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const family_details& f) { return alive(f.state, now); }));
}

// --- Family changes.

result<inserted_family> memory_store::insert_family(const family_facts& facts, family_word word,
                                                    const family_use& use) {
    step(store_step::insert_family);
    if (full || failed_) {
        return refused_change();
    }
    if (slot_of(facts.user).current->deleted) {
        return errc::user_not_found;
    }
    if (families_.contains(facts.id)) {
        return inserted_family{true};
    }
    families_[facts.id] = {facts, word, use, std::nullopt, {}};
    return inserted_family{false, enqueue(family_record{facts.id, word, use})};
}

result<exchange_result> memory_store::exchange_family(const family_id& id, family_word expected, family_word desired,
                                                      const family_use& use) {
    step(store_step::exchange_family);
    const bool records = expected.facts() != desired.facts();
    if (records && (failed_ || (full && desired.live()))) {
        return refused_change();
    }
    const auto found = families_.find(id);
    if (found == families_.end()) {
        return exchange_result{exchange_outcome::gone};
    }
    family_node& node = found->second;
    if (node.word != expected || family_conflicts > 0) {
        family_conflicts -= family_conflicts > 0 ? 1 : 0;
        return exchange_result{exchange_outcome::conflict};
    }
    node.word = desired;
    if (desired.generation() > expected.generation()) {
        node.use = use;
    }
    const ticket wait_for = records ? enqueue(family_record{id, desired, node.use}) : ticket::none;
    return exchange_result{exchange_outcome::exchanged, wait_for};
}

void memory_store::confirm_family(const family_id& id, std::uint32_t generation) noexcept {
    step(store_step::confirm_family);
    const auto found = families_.find(id);
    if (found != families_.end() && found->second.word.generation() == generation) {
        found->second.word = found->second.word.with_confirmed(true);
    }
}

void memory_store::set_word(const family_id& id, family_word word) {
    family_node& node = families_.at(id);
    node.word = word;
    node.durable = word;
}

// --- User changes.

std::optional<user_id> memory_store::holder_of(const std::string& folded) const {
    const auto found = names_.find(folded);
    return found == names_.end() ? std::nullopt : std::optional(found->second);
}

ticket memory_store::ticket_of(user_id id) {
    const user_slot& slot = slot_of(id);
    if (slot.durable && slot.durable->version >= slot.current->version) {
        return ticket::none;
    }
    return enqueue(slot.current);
}

result<memory_store::insert_user_result> memory_store::insert_user(const user& u, std::span<const mail> mails) {
    step(store_step::insert_user);
    if (full || failed_) {
        return refused_change();
    }
    const std::string email = fold_login_name(u.email);
    const std::string username = fold_login_name(u.username);
    insert_user_result outcome;
    if (const auto holder = holder_of(email)) {
        outcome.email_taken = true;
        outcome.wait_for = ticket_of(*holder);
    }
    if (const auto holder = username == email ? std::nullopt : holder_of(username)) {
        outcome.username_taken = true;
        outcome.wait_for = later(outcome.wait_for, ticket_of(*holder));
    }
    if (outcome.email_taken || outcome.username_taken) {
        return outcome;
    }
    auto made = std::make_shared<user>(u);
    made->id = user_id{++last_user_};
    made->version = 1;
    names_[email] = made->id;
    names_[username] = made->id;
    users_[made->id].current = made;
    outcome.id = made->id;
    for (const mail& m : mails) {
        mails_.push_back(m);
        mails_.back().user = made->id;
    }
    outcome.wait_for = enqueue(user_ptr(made));
    return outcome;
}

result<imported> memory_store::import_user(const user& u) {
    step(store_step::insert_user);
    if (full || failed_) {
        return refused_change();
    }
    if (const auto at = users_.find(u.id); at != users_.end()) {
        return imported{*at->second.current == u ? import_outcome::same : import_outcome::id_taken, ticket_of(u.id)};
    }
    const std::string email = fold_login_name(u.email);
    const std::string username = fold_login_name(u.username);
    if (const auto holder = u.deleted ? std::nullopt : holder_of(email)) {
        return imported{import_outcome::email_taken, ticket_of(*holder)};
    }
    if (const auto holder = u.deleted ? std::nullopt : holder_of(username)) {
        return imported{import_outcome::username_taken, ticket_of(*holder)};
    }
    auto made = std::make_shared<user>(u);
    last_user_ = std::max(last_user_, u.id.value);
    if (!u.deleted) {
        names_[email] = made->id;
        names_[username] = made->id;
    }
    users_[made->id].current = made;
    return imported{import_outcome::added, enqueue(user_ptr(made))};
}

result<imported> memory_store::import_family(const family_facts& facts, family_word word, std::uint32_t /*ended_after*/,
                                             std::uint32_t /*use_generation*/, const family_use& use) {
    step(store_step::insert_family);
    if (full || failed_) {
        return refused_change();
    }
    if (!users_.contains(facts.user)) {
        return imported{import_outcome::no_user};
    }
    if (const auto at = families_.find(facts.id); at != families_.end()) {
        const bool same = at->second.facts == facts && at->second.word.facts() == word.facts();
        return imported{same ? import_outcome::same : import_outcome::id_taken};
    }
    if (facts.epoch > users_.at(facts.user).current->gate.epoch) {
        return imported{import_outcome::refused};
    }
    families_[facts.id] = family_node{facts, word, use, std::nullopt, {}};
    return imported{import_outcome::added, enqueue(family_record{facts.id, word, use})};
}

result<memory_store::replace_user_result> memory_store::replace_user(const user& desired, std::span<const mail> mails) {
    step(store_step::replace_user);
    if (full || failed_) {
        return refused_change();
    }
    replace_user_result outcome;
    const auto found = users_.find(desired.id);
    if (found == users_.end()) {
        outcome.outcome = exchange_outcome::gone;
        return outcome;
    }
    if (found->second.current->version + 1 != desired.version || user_conflicts > 0) {
        user_conflicts -= user_conflicts > 0 ? 1 : 0;
        outcome.outcome = exchange_outcome::conflict;
        return outcome;
    }
    if (!desired.deleted) {
        const std::string email = fold_login_name(desired.email);
        const std::string username = fold_login_name(desired.username);
        if (const auto holder = holder_of(email); holder && *holder != desired.id) {
            outcome.email_taken = true;
            outcome.wait_for = ticket_of(*holder);
        }
        const auto holder = username == email ? std::nullopt : holder_of(username);
        if (holder && *holder != desired.id) {
            outcome.username_taken = true;
            outcome.wait_for = later(outcome.wait_for, ticket_of(*holder));
        }
        if (outcome.email_taken || outcome.username_taken) {
            outcome.outcome = exchange_outcome::conflict;
            return outcome;
        }
        names_[email] = desired.id;
        names_[username] = desired.id;
    }
    found->second.current = std::make_shared<const user>(desired);
    mails_.insert(mails_.end(), mails.begin(), mails.end());
    outcome.outcome = exchange_outcome::exchanged;
    outcome.wait_for = enqueue(found->second.current);
    return outcome;
}

// --- Evidence, and what answers rest on.

ticket memory_store::append_event(const security_event& event) {
    step(store_step::append_event);
    events_.push_back(event);
    return enqueue(event);
}

result<ticket> memory_store::observe_family(const family_id& id, family_word seen) {
    step(store_step::observe);
    const auto found = families_.find(id);
    if (found == families_.end()) {
        return ticket::none;
    }
    family_node& node = found->second;
    if (node.durable && merge(*node.durable, seen).facts() == node.durable->facts()) {
        return ticket::none;
    }
    if (failed_) {
        return refused_change();
    }
    return enqueue(family_record{id, seen, node.use});
}

result<ticket> memory_store::observe_user(user_id id, std::uint64_t version_seen) {
    step(store_step::observe);
    const user_slot& slot = slot_of(id);
    if (slot.durable && slot.durable->version >= version_seen) {
        return ticket::none;
    }
    if (failed_) {
        return refused_change();
    }
    return enqueue(slot.current);
}

result<ticket> memory_store::observe_absence(std::string_view folded) {
    step(store_step::observe);
    const auto holder = holder_of(std::string(folded)); // still, until the record that frees the name is durable
    if (!holder) {
        return ticket::none;
    }
    if (failed_) {
        return refused_change();
    }
    return ticket_of(*holder);
}

} // namespace pawl::test
