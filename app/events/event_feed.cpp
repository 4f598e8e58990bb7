#include "app/events/event_feed.hpp"

#include <utility>

namespace pawl::app {

event_feed::event_feed(feed_source& source, event_filter filter, std::uint64_t lsn)
    : source_(source), reader_(std::move(filter),
                               [&data = source.data](const family_id& id) {
                                   const auto found = data.find_family(id);
                                   return found ? found->facts.user : user_id{};
                               }),
      position_(lsn) {}

feed_outcome event_feed::read_memory(std::vector<event_line>& out) {
    std::size_t text = 0;
    for (std::size_t looked_at = 0; looked_at < event_records_at_once && text < event_text_at_once;) {
        if (!batch_ || position_ + 1 >= batch_->next_lsn) {
            batch_.reset();
            const event_ring::found next = source_.ring.after(position_);
            switch (next.what) {
            case event_ring::place::here:
                break;
            case event_ring::place::nothing_yet:
                return looked_at > 0 ? feed_outcome::read : feed_outcome::nothing;
            case event_ring::place::behind:
                return looked_at > 0 ? feed_outcome::read : feed_outcome::behind;
            case event_ring::place::closed:
                return feed_outcome::closed;
            }
            batch_ = next.batch;
            cursor_ = storage::record_cursor(batch_->payload);
            record_.lsn = batch_->first_lsn - 1;
            record_.time = batch_->time;
        }
        if (!cursor_.next(record_)) {
            return feed_outcome::unreadable; // we wrote it ourselves
        }
        ++record_.lsn;
        ++looked_at;
        if (record_.lsn <= position_) {
            continue;
        }
        position_ = record_.lsn;
        if (std::optional<event_line> line = reader_.read(record_)) {
            text += line->json.size();
            out.push_back(*std::move(line));
        }
    }
    return feed_outcome::read;
}

feed_outcome event_feed::read_disk(std::vector<event_line>& out) {
    if (source_.directory.empty()) {
        return feed_outcome::gone;
    }
    batch_.reset();
    if (!tail_ || tail_->position() != position_) {
        tail_ = std::make_unique<storage::log_tail>(source_.directory, source_.keys(), position_);
    }
    std::size_t text = 0, looked_at = 0;
    const storage::log_tail::outcome came_to =
        tail_->read(source_.data.durable_lsn(), [&](const storage::record_view& record) {
            position_ = record.lsn;
            if (std::optional<event_line> line = reader_.read(record)) {
                text += line->json.size();
                out.push_back(*std::move(line));
            }
            return ++looked_at < event_records_at_once && text < event_text_at_once;
        });
    switch (came_to) {
    case storage::log_tail::outcome::more:
        return feed_outcome::read;
    case storage::log_tail::outcome::reached:
        return looked_at > 0 ? feed_outcome::read : feed_outcome::nothing;
    case storage::log_tail::outcome::gone:
        return feed_outcome::gone;
    case storage::log_tail::outcome::unreadable:
        break;
    }
    return feed_outcome::unreadable;
}

void event_feed::skip_gap() {
    if (tail_ && tail_->next_kept() > position_ + 1) {
        position_ = tail_->next_kept() - 1;
    }
    tail_.reset();
}

} // namespace pawl::app
