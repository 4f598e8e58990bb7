#include "app/events/event_line.hpp"

#include "app/http/limits.hpp"
#include "storage/history/record_json.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pawl::app {

namespace {

event_line line_of(const storage::record_view& record, std::string_view kind, std::string json) {
    return {record.lsn, kind, record.time, std::move(json)};
}

std::string_view kind_of(family_word word) {
    return word.live() ? event_family_rotated : event_family_ended;
}

} // namespace

bool event_filter::passes(std::string_view kind, user_id about) const {
    return (kinds.empty() || std::ranges::find(kinds, kind) != kinds.end()) && (!user || *user == about);
}

event_reader::event_reader(event_filter filter, owner_function owner_of)
    : filter_(std::move(filter)), owner_of_(std::move(owner_of)), seen_(remembered) {}

bool event_reader::is_repetition(const family_id& family, family_word word) {
    std::uint64_t hash = 0; // ids are random
    std::memcpy(&hash, family.bytes.data(), sizeof hash);
    seen& last = seen_[hash % remembered];
    if (last.family == family && last.facts == word.facts().bits()) {
        return true;
    }
    last = {family, word.facts().bits()};
    return false;
}

std::optional<event_line> event_reader::read(const storage::record_view& record) {
    std::optional<event_line> line;
    storage::visit_record(record.type, [&](auto one) {
        if constexpr (requires { read(one, record); }) {
            line = read(one, record);
        }
    });
    return line;
}

std::optional<event_line> event_reader::read(storage::as<storage::family_created_record> /*one*/,
                                             const storage::record_view& record) {
    storage::family_created_record r;
    if (storage::decode(record, r) != storage::decoding::ok || is_repetition(r.facts.id, r.word)) {
        return std::nullopt;
    }
    const bool at_login = r.word.live() && r.word.generation() == 0;
    const std::string_view kind = at_login ? event_family_created : kind_of(r.word);
    if (!filter_.passes(kind, r.facts.user)) {
        return std::nullopt;
    }
    return line_of(record, kind, record_json(record, r, {kind, {}}));
}

std::optional<event_line> event_reader::read(storage::as<storage::family_word_record> /*one*/,
                                             const storage::record_view& record) {
    storage::family_word_record r;
    if (storage::decode(record, r) != storage::decoding::ok || is_repetition(r.id, r.word)) {
        return std::nullopt;
    }
    const std::string_view kind = kind_of(r.word);
    if (!filter_.kinds.empty() && !filter_.passes(kind, filter_.user.value_or(user_id{}))) {
        return std::nullopt; // before looking for the owner
    }
    const user_id owner = owner_of_(r.id);
    if (!filter_.passes(kind, owner)) {
        return std::nullopt;
    }
    return line_of(record, kind, record_json(record, r, {kind, owner}));
}

std::optional<event_line> event_reader::read(storage::as<security_event> /*one*/, const storage::record_view& record) {
    security_event e;
    if (storage::decode(record, e) != storage::decoding::ok) {
        return std::nullopt; // of a later version
    }
    const std::string_view kind = name_of(e.kind);
    if (!filter_.passes(kind, e.user)) {
        return std::nullopt;
    }
    return line_of(record, kind, record_json(record, e));
}

void append_sse(std::string& out, std::uint64_t mark, const event_line& event) {
    out.append("id: ").append(to_text(event_place{mark, event.lsn}));
    out.append("\nevent: ").append(event.kind);
    out.append("\ndata: ").append(event.json).append("\n\n");
}

// An id without data changes what a reader will ask for and tells it nothing.
void append_sse_heartbeat(std::string& out, const event_place& at) {
    out.append(": heartbeat\nid: ").append(to_text(at)).append("\n\n");
}

void append_sse_opening(std::string& out, const event_place& at) {
    out.append("retry: ").append(std::to_string(event_reconnect_time.count()));
    out.append("\n: open\nid: ").append(to_text(at)).append("\n\n");
}

} // namespace pawl::app
