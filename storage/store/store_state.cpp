// What the log tells the store, and how the store tells the log: records with the room they need.
#include "storage/store/store_state.hpp"

#include <algorithm>
#include <utility>

namespace pawl::storage {

std::array<std::uint8_t, 16> subject_of(user_id id) noexcept {
    std::array<std::uint8_t, 16> out{};
    for (std::size_t i = 0; i < 8; ++i) {
        out[i] = static_cast<std::uint8_t>(id.value >> (8 * i));
    }
    return out;
}

user_id user_of(const record_tag& tag) noexcept {
    user_id id;
    for (std::size_t i = 8; i-- > 0;) {
        id.value = (id.value << 8U) | tag.subject[i];
    }
    return id;
}

// The log's thread. What is known durable is advanced before anybody is woken, so that those who look then see it.
void store_state::on_durable(std::span<const record_tag> batch, std::uint64_t sequence_through) {
    for (const record_tag& tag : batch) {
        const rcu_read_guard section;
        if (tag.what == record_tag::kind::family) {
            family_id id;
            id.bytes = tag.subject;
            if (family_node* const node = families.find(section, id)) {
                node->advance_durable(family_word(tag.value));
            }
        } else if (tag.what == record_tag::kind::user) {
            if (user_slot* const slot = users.find(section, user_of(tag))) {
                slot->advance_durable(tag.value);
            }
        }
    }
    waiters.advance(sequence_through);
}

// Without a tap this is one store and one load a batch. The order of the two is what set_tap()'s callers rely on:
// a caller that sets a tap and then asks for durable_lsn() is shown every batch after it.
void store_state::on_batch(const durable_batch& batch) {
    durable_lsn.store(batch.first_lsn + batch.records - 1);
    if (!tapped.load()) {
        return;
    }
    std::shared_ptr<commit_listener> shown;
    {
        const std::lock_guard lock(tap_mutex);
        shown = tap;
    }
    if (shown) {
        shown->on_batch(batch);
    }
}

void store_state::on_failed(const std::string& why) {
    waiters.fail();
    if (options.on_fatal) {
        options.on_fatal(why);
    }
}

std::optional<log_room> store_state::reserve(log_room room, bool or_ending, std::uint32_t records) noexcept {
    if (stopping.load(std::memory_order_relaxed)) {
        return std::nullopt;
    }
    if (log->reserve(room, records)) {
        return room;
    }
    if (or_ending && room == log_room::ordinary && log->reserve(log_room::ending, records)) {
        return log_room::ending;
    }
    return std::nullopt;
}

// No room: the next record tries again.
void store_state::tell_serving(log_urgency urgency) noexcept {
    const std::optional<log_room> room = reserve(log_room::ordinary);
    if (!room) {
        return;
    }
    if (!serving_untold.exchange(false)) {
        log->release(*room, 1);
        return;
    }
    record_tag tag;
    tag.opens_window = window_at_start;
    log->enqueue(*room, urgency, record_type::serving, serving_version, encode_serving(*serving_said), tag);
}

ticket store_state::enqueue_family(const rcu_read_guard&, family_node& node, family_word w, const use_view* use,
                                   log_room room, log_urgency urgency) noexcept {
    const use_view used = use != nullptr ? *use : node.last_use();
    const std::uint32_t ended_after = w.live() ? 0 : node.ended_after();
    const record_tag tag{node.id.bytes, w.bits(), record_tag::kind::family, w.live() && w.generation() > 0};
    tell_serving_first();
    record_buffer buffer;
    if (!node.logged.load(std::memory_order_acquire)) {
        // A snapshot that begins after this record must meet the family, though the one who adds it may not be that
        // far: it is in the map before it is in what snapshots walk, and one that a code made is looked for by others.
        families.publish(node);
        const family_created_record record{node.facts(), w, ended_after, used};
        const std::uint64_t sequence =
            log->enqueue(room, urgency, record_type::family_created, version_of(record), buffer.encode(record), tag);
        node.logged.store(true, std::memory_order_release);
        return ticket{sequence};
    }
    const family_word_record record{node.id, w, ended_after, used};
    return ticket{
        log->enqueue(room, urgency, record_type::family_word, version_of(record), buffer.encode(record), tag)};
}

user_group encode_group(const user& u, std::span<const mail_ptr> mails) {
    user_group group{encode_user(u), {}};
    for (const mail_ptr& m : mails) {
        group.mails.push_back(encode_body(*m));
    }
    return group;
}

ticket store_state::enqueue_user(const user& u, const user_group& group, log_room room) noexcept {
    record_tag tag;
    tag.subject = subject_of(u.id);
    tag.value = u.version;
    tag.what = record_tag::kind::user;
    tell_serving_first();
    std::array<new_record, group_records_max> records{};
    std::size_t count = 0;
    records.at(count++) = {record_type::user, version_of(u), group.body, tag};
    for (const std::vector<std::uint8_t>& m : group.mails) {
        records.at(count++) = {record_type::mail, declaration<mail>::version, m, {}};
    }
    return ticket{log->enqueue_group(room, log_urgency::now, std::span(records).first(count))};
}

ticket store_state::enqueue_entity(record_type type, std::uint16_t version, std::span<const std::uint8_t> body,
                                   log_room room) noexcept {
    tell_serving_first();
    return ticket{log->enqueue(room, log_urgency::now, type, version, body, {})};
}

} // namespace pawl::storage
