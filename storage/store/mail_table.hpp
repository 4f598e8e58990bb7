// Mails in memory: those that wait, and final ones until they are forgotten.
//
// Thread safety: everything from any thread, under the mutex of the table, which its owner takes where it says so. It
// is taken after the mutex of users, and before what is within the log.
// Invariant, while the mutex is free: of a mail that is here its record is enqueued, but for those of a group whose
// user is being published: these come in before their group is enqueued, and stand in the user's version before that.
#pragma once

#include "core/port/mail_port.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace pawl::storage {

class mail_table {
public:
    mutable std::mutex mutex;

    // --- Under the mutex.
    mail_ptr find(const mail_id& id) const;
    std::vector<mail_ptr> after(const std::optional<mail_id>& id, std::size_t limit) const;
    const mail_counts& counts() const { return counts_; }

    // New ones, with all the memory that they take. Empty where one is there already, or two have the same id.
    struct entry {
        mail_ptr m;
        std::uint64_t sequence = 0;   // of the record that it rests on; 0: it was read from disk
        std::uint16_t sweep_mark = 0; // maintenance only
    };
    using prepared = std::map<mail_id, entry>;
    prepared prepare(std::span<const mail_ptr> mails) const;
    // Their records, which are enqueued next, have the sequence number that enqueue() gives. Tells the listener.
    template <class Enqueue>
    std::uint64_t add(prepared fresh, const Enqueue& enqueue) {
        std::vector<mail_ptr> told;
        told.reserve(fresh.size());
        for (const auto& [id, e] : fresh) {
            told.push_back(e.m);
        }
        publish(std::move(fresh));
        const std::uint64_t sequence = enqueue();
        rest_on(told, sequence);
        return sequence;
    }
    // In the place of the one with its id.
    void replace(const mail_ptr& next) noexcept;
    void set_listener(mail_listener* who);

    // --- Recovery.
    void take(mail m);
    // --- Maintenance. Drops those that may_go(entry) is true for.
    void drop(const std::function<bool(entry&)>& may_go);

private:
    void publish(prepared fresh) noexcept;
    void rest_on(std::span<const mail_ptr> mails, std::uint64_t sequence) noexcept;
    std::size_t& count_of(const mail& m) noexcept { return counts_[static_cast<std::size_t>(m.status)]; }

    std::map<mail_id, entry> all_;
    mail_counts counts_{};
    mail_listener* listener_ = nullptr;
};

} // namespace pawl::storage
