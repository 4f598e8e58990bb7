// Records of the log as events for those who watch: which record is one, what it is called, whom it is shown to.
#pragma once

#include "app/events/event_place.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "storage/entity/all.hpp"
#include "storage/record/record.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::app {

struct event_filter {
    std::vector<std::string> kinds; // empty: all
    std::optional<user_id> user;

    bool passes(std::string_view kind, user_id about) const;
};

struct event_line {
    std::uint64_t lsn = 0; // of the record: the event's number
    std::string_view kind; // one of event_kinds()
    timestamp_ms time{};
    std::string json; // one object, without line breaks; no secret
};

// Makes events of records, for one reader. Records say states, and one may be said twice (one who waits for another's
// change enqueues it again): what was seen a moment ago is not told again. One thread at a time.
class event_reader {
public:
    // Whose a family is; 0 where that is no longer known. Called while reading.
    using owner_function = std::function<user_id(const family_id&)>;

    event_reader(event_filter filter, owner_function owner_of);

    // Nothing: the record is no event, or not for this reader.
    std::optional<event_line> read(const storage::record_view& record);

private:
    // A collision only means that a repetition is told.
    static constexpr std::size_t remembered = 1024;
    struct seen {
        family_id family;
        std::uint64_t facts = 0;
    };
    bool is_repetition(const family_id& family, family_word word);
    // One for each record that an event is made of. Of others none is: an event beside it says what became of a user.
    std::optional<event_line> read(storage::as<storage::family_created_record> one, const storage::record_view& record);
    std::optional<event_line> read(storage::as<storage::family_word_record> one, const storage::record_view& record);
    std::optional<event_line> read(storage::as<security_event> one, const storage::record_view& record);

    const event_filter filter_;
    const owner_function owner_of_;
    std::vector<seen> seen_;
};

// As GET /admin/events sends it (WHATWG HTML, "Server-sent events"). `mark`: of the history that the record is of.
void append_sse(std::string& out, std::uint64_t mark, const event_line& event);
// Says that the connection lives, and where a reader would go on.
void append_sse_heartbeat(std::string& out, const event_place& at);
// How the stream begins: so that its reader knows that it is open, when to come back, and from where.
void append_sse_opening(std::string& out, const event_place& at);

} // namespace pawl::app
