// The store port in plain memory, for tests of what is above it. What is durable is kept apart from what is current, so
// that a test can hold durability back, look at what a crash would leave, and force every interleaving. One thread at a
// time (threads of an interleaver take turns).
#pragma once

#include "core/family/decide.hpp"
#include "core/port/registry.hpp"
#include "core/port/store.hpp"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pawl::test {

// The port functions, as points where other requests may run.
enum class store_step : std::uint8_t {
    find_family,
    find_user,
    families_of,
    insert_family,
    exchange_family,
    confirm_family,
    insert_user,
    replace_user,
    append_event,
    observe,
    durable,
};

class memory_store final : public store {
public:
    // --- Controls of the test.
    // Runs before each port function looks or acts.
    std::function<void(store_step)> before;
    // Where set, durable() calls this instead of suspending its coroutine; it returns when there is no more to wait
    // for.
    std::function<void(ticket)> wait_instead;
    // From now on a record becomes durable by make_durable() only.
    void hold_durability() { held_ = true; }
    void make_durable();           // everything enqueued so far; wakes who waits
    void resume_durability();      // and from now on at once, as at first
    void fail();                   // what is not durable never will be; every further change is refused
    bool full = false;             // no room in the log: changes are refused, but ending a family is not
    unsigned family_conflicts = 0; // how many exchanges are to miss, though no one changed the word
    unsigned user_conflicts = 0;
    outage_list not_served;
    const registry* entities = nullptr; // whose clients say whether their families live; null: all do

    // --- What a test looks at.
    std::unique_ptr<memory_store> after_crash() const;    // what a restart would find
    std::size_t enqueued() const { return last_ticket_; } // records ever
    std::size_t pending() const { return pending_.size(); }
    const std::vector<security_event>& events() const { return events_; }
    const std::vector<mail>& mails() const { return mails_; } // of changes that were made
    user_ptr user_with_tombstones(user_id id) const;
    // Makes the word what a test needs, durably.
    void set_word(const family_id& id, family_word word);
    void drop_family(const family_id& id) { families_.erase(id); } // as the sweeper does

    // --- The port.
    std::optional<family_state> find_family(const family_id& id) const override;
    std::optional<family_details> find_family_details(const family_id& id) const override;
    user_ptr find_user(user_id id) const override;
    user_ptr find_user_by_login(std::string_view folded) const override;
    std::string usual_hash(std::string_view folded, const hash_costs::key& secret) const override;
    std::vector<user_ptr> users_after(user_id after, std::size_t limit) const override;
    std::vector<family_details> families_of(user_id id) const override;
    std::size_t count_alive(user_id id, timestamp now) const override;
    result<inserted_family> insert_family(const family_facts& facts, family_word word, const family_use& use) override;
    result<exchange_result> exchange_family(const family_id& id, family_word expected, family_word desired,
                                            const family_use& use) override;
    void confirm_family(const family_id& id, std::uint32_t generation) noexcept override;
    using store::insert_user;
    using store::replace_user;
    // Mails are kept as they come (mails()), durable with their change.
    result<insert_user_result> insert_user(const user& u, std::span<const mail> mails) override;
    result<replace_user_result> replace_user(const user& desired, std::span<const mail> mails) override;
    result<imported> import_user(const user& u) override;
    result<imported> import_family(const family_facts& facts, family_word word, std::uint32_t ended_after,
                                   std::uint32_t use_generation, const family_use& use) override;
    ticket append_event(const security_event& event) override;
    result<ticket> observe_family(const family_id& id, family_word seen) override;
    result<ticket> observe_user(user_id id, std::uint64_t version_seen) override;
    result<ticket> observe_absence(std::string_view folded) override;
    task<bool> durable(ticket t) override;
    bool is_durable(ticket t) const noexcept override { return static_cast<std::uint64_t>(t) <= durable_; }
    const char* why_not_ready() const noexcept override { return failed_ ? "storage has failed" : nullptr; }
    const outage_list& outages() const noexcept override { return not_served; }

private:
    struct family_node {
        family_facts facts;
        family_word word;
        family_use use;
        std::optional<family_word> durable; // nothing: its insertion is not durable
        family_use durable_use;
    };
    struct user_slot {
        user_ptr current; // tombstones too
        user_ptr durable;
    };
    struct family_record {
        family_id id;
        family_word word;
        family_use use;
    };
    using record = std::variant<family_record, user_ptr, security_event>;

    void step(store_step s) const {
        if (before) {
            before(s);
        }
    }
    ticket enqueue(record r);
    void apply(const record& r);
    void apply_user(const user_ptr& u);
    const user_slot& slot_of(user_id id) const;
    family_details details_of(const family_node& node) const;
    family_bonds bonds_of(const family_facts& facts, const user_gate& gate) const;
    // Who holds the name, by itself or until the record that frees it is durable.
    std::optional<user_id> holder_of(const std::string& folded) const;
    ticket ticket_of(user_id id);

    std::map<family_id, family_node> families_;
    std::map<user_id, user_slot> users_;
    std::map<std::string, user_id> names_;
    std::vector<security_event> events_;
    std::vector<mail> mails_;
    std::deque<record> pending_; // enqueued, not durable: tickets durable_ + 1 and on
    std::vector<boost::asio::steady_timer*> waiting_;
    std::uint64_t last_ticket_ = 0;
    std::uint64_t durable_ = 0;
    std::uint64_t last_user_ = 0;
    bool held_ = false;
    bool failed_ = false;
};

} // namespace pawl::test
