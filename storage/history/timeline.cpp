#include "storage/history/timeline.hpp"

#include "core/family/decide.hpp"
#include "storage/entity/plain.hpp"
#include "storage/exit_code.hpp"
#include "storage/history/bond_reader.hpp"
#include "storage/history/log_reader.hpp"
#include "storage/record/record_merge.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace pawl::storage {
namespace {

// Instants in records are whole seconds; the frame's milliseconds are used where they are of the same second.
timestamp_ms instant(timestamp said, timestamp_ms recorded) {
    return to_seconds(recorded) == said ? recorded : timestamp_ms(said);
}

class timeline_reader {
public:
    timeline_reader(directory_view& view, const family_id& id, timestamp now) : view_(view) {
        out_.family = id;
        out_.now = now;
    }

    // False where files went meanwhile: begin anew.
    bool read() {
        if (!read_log([this](const record_view& r) { apply(r, false); })) {
            return false;
        }
        // What the log does not hold any more: the facts of an older family, its user.
        const std::vector<manifest_snapshot> listed = view_.current().snapshots; // newest first
        for (auto s = listed.rbegin(); s != listed.rend() && !out_.known; ++s) {
            if (!read_snapshot_of(*s, [this](const record_view& r) { apply(r, true); })) {
                return false;
            }
        }
        return !out_.known || (read_user(listed) && read_bonds(listed));
    }

    bool read_user(const std::vector<manifest_snapshot>& listed) {
        if (out_.user_known) {
            return true;
        }
        // The user's last record lies before the family's first.
        const auto user_alone = [this](const record_view& r) {
            if (r.type == type_of<user>) {
                user_record(r);
            }
        };
        if (!read_log(user_alone)) {
            return false;
        }
        for (auto s = listed.begin(); s != listed.end() && !out_.user_known; ++s) {
            if (!read_snapshot_of(*s, user_alone)) {
                return false;
            }
        }
        return true;
    }

    // What the family hangs on is known once its own records are.
    bool read_bonds(const std::vector<manifest_snapshot>& listed) {
        bond_reader reader(out_.facts);
        const auto take = [&reader](const record_view& r) { reader.take(r); };
        if (reader.hangs() && !read_log(take)) {
            return false;
        }
        for (auto s = listed.begin(); s != listed.end() && !reader.met_all(); ++s) {
            if (!read_snapshot_of(*s, take)) {
                return false;
            }
        }
        reader.tell(out_);
        return true;
    }

    timeline finish() {
        out_.now = std::max(out_.now, to_seconds(out_.log_until));
        drop_what_was_before();
        // In the order of the log, and of one record as they were added; nearly all of it is.
        const auto begin = out_.moments.begin();
        for (auto at = begin; at != out_.moments.end(); ++at) {
            const auto earlier = [](const timeline_moment& a, const timeline_moment& b) { return a.lsn < b.lsn; };
            std::rotate(std::upper_bound(begin, at, *at, earlier), at, at + 1);
        }
        if (out_.known) {
            out_.alive = out_.user_known && pawl::alive(out_.word, out_.facts, out_.gate, out_.bonds, out_.now);
        }
        return std::move(out_);
    }

private:
    template <class Apply>
    bool read_log(const Apply& apply_record) {
        log_reader log(view_, view_.first_kept());
        while (const std::optional<frame_view> frame = log.next()) {
            if (log.frames() == 1) {
                out_.first_lsn = log.first_lsn();
                out_.log_from = frame->fields.time;
            }
            out_.log_until = frame->fields.time;
            record_cursor cursor{frame->payload};
            record_view record;
            record.lsn = log.first_lsn();
            record.time = frame->fields.time;
            for (; cursor.next(record); ++record.lsn) {
                apply_record(record);
            }
        }
        out_.last_lsn = log.end().lsn - 1;
        if (!log.end().superseded && log.end().kind != exit_code::none) {
            throw refused(log.end().kind, log.end().line());
        }
        return !log.end().superseded;
    }

    template <class Apply>
    bool read_snapshot_of(const manifest_snapshot& s, const Apply& apply_record) {
        const snapshot_check check = view_.verify(s);
        if (check.fault == snapshot_fault::none) {
            read_snapshot(view_.files(), {view_.current().uuid, s.lsn}, check.footer, check.footer.time, apply_record);
        }
        return check.fault == snapshot_fault::none || !view_.has_moved_on(); // a bad one: the other may do
    }

    bool begins_with_id(const record_view& record) const {
        return record.body.size() >= out_.family.bytes.size() &&
               std::memcmp(record.body.data(), out_.family.bytes.data(), out_.family.bytes.size()) == 0;
    }

    // Cheap first: nearly every record is of another family.
    void apply(const record_view& record, bool of_snapshot) {
        visit_record(record.type, [&](auto one) { look(one, record, of_snapshot); });
    }

    // --- One for each record: what it says of a family's life.
    void look(as<family_created_record> /*one*/, const record_view& record, bool of_snapshot) {
        family_created_record r;
        if (begins_with_id(record) && decode(record, r) == decoding::ok) {
            created(r, record, of_snapshot);
        }
    }
    void look(as<family_word_record> /*one*/, const record_view& record, bool /*of_snapshot*/) {
        family_word_record r;
        if (begins_with_id(record) && decode(record, r) == decoding::ok) {
            changed(r, record);
        }
    }
    void look(as<user> /*one*/, const record_view& record, bool of_snapshot) {
        if (!of_snapshot) { // the log's come first
            user_record(record);
        }
    }
    void look(as<security_event> /*one*/, const record_view& record, bool /*of_snapshot*/) {
        security_event e;
        if (decode(record, e) == decoding::ok) {
            happened(e, record);
        }
    }
    void look(as<serving_note> /*one*/, const record_view& /*record*/, bool /*of_snapshot*/) {}
    void look(as<mail> /*one*/, const record_view& /*record*/, bool /*of_snapshot*/) {}
    template <plain_entity Record>
    void look(as<Record> /*one*/, const record_view& /*record*/, bool /*of_snapshot*/) {} // it says nothing of a family

    timeline_moment& add(moment_kind kind, timestamp_ms at, const record_view& record) {
        if (out_.moments.size() >= 2 * timeline::moments_max) {
            leave_out();
        }
        timeline_moment m;
        m.kind = kind;
        m.at = at;
        m.lsn = record.lsn;
        return out_.moments.emplace_back(std::move(m));
    }
    void leave_out() {
        std::size_t surplus = out_.moments.size() - timeline::moments_max;
        const std::size_t before = out_.moments.size();
        std::erase_if(out_.moments, [&](const timeline_moment& m) {
            const bool goes = surplus > 0 && (m.kind == moment_kind::rotated || m.kind == moment_kind::replayed);
            surplus -= goes ? 1 : 0;
            return goes;
        });
        out_.rotations_left_out += before - out_.moments.size();
    }

    static void set_use(timeline_moment& m, const use_view& use) {
        m.address = use.address;
        m.agent = use.agent;
    }

    void created(const family_created_record& r, const record_view& record, bool of_snapshot) {
        if (out_.known && of_snapshot) {
            return;
        }
        if (out_.known) { // again: helped along by a reader
            merge(r.word, r.ended_after, r.use, record);
            return;
        }
        out_.known = true;
        out_.facts = r.facts;
        out_.word = r.word;
        use_generation_ = r.use.generation;
        out_.last_use = {r.use.at, r.use.address, std::string(r.use.agent)};
        const bool at_login = !of_snapshot && r.word.generation() == 0;
        timeline_moment& m = add(moment_kind::created, instant(r.facts.created_at, record.time), record);
        if (at_login) {
            set_use(m, r.use);
        } else if (of_snapshot) {
            m.lsn = 0; // the record of it is gone
        }
        const std::vector<pending_word> words = std::exchange(words_, {});
        if (!words.empty() && words.front().lsn < record.lsn) {
            // The log goes further back than this record: begin before its first word.
            const family_word first = words.front().word;
            out_.word = family_word().with_generation(first.generation() - std::min(first.generation(), 1U));
            use_generation_ = out_.word.generation();
        } else if (!at_login) {
            timeline_moment& known = add(moment_kind::known_by, record.time, record);
            known.generation = r.word.generation();
            known.status = r.word.status();
            set_use(known, r.use);
        }
        if (!out_.word.live()) {
            out_.ended_after = end_of(r.ended_after, r.facts.created_at, to_seconds(record.time));
            ended(record);
        }
        for (const pending_word& w : words) {
            merge(w.word, w.ended_after, view_of(w.use_generation, w.use), w.record());
        }
        merge(r.word, r.ended_after, r.use, record);
    }

    void changed(const family_word_record& r, const record_view& record) {
        if (!out_.known) {
            words_.push_back({r.word,
                              r.ended_after,
                              r.use.generation,
                              {r.use.at, r.use.address, std::string(r.use.agent)},
                              record.lsn,
                              record.time});
            if (words_.size() > 2 * timeline::moments_max) {
                words_.erase(words_.begin(), words_.begin() + timeline::moments_max);
                out_.rotations_left_out += timeline::moments_max;
            }
            return;
        }
        merge(r.word, r.ended_after, r.use, record);
    }

    void merge(family_word word, std::uint32_t ended_after, const use_view& use, const record_view& record) {
        const family_word before = out_.word;
        const merged_family after =
            merge_record({before, use_generation_, out_.ended_after}, {word, use.generation, ended_after},
                         out_.facts.created_at, to_seconds(record.time));
        out_.word = after.word;
        out_.ended_after = after.ended_after;
        if (after.newer_use) {
            use_generation_ = use.generation;
            out_.last_use = {use.at, use.address, std::string(use.agent)};
        }
        if (after.word.generation() > before.generation()) {
            timeline_moment& m =
                add(moment_kind::rotated, instant(out_.facts.rotated_at(after.word), record.time), record);
            m.generation = after.word.generation();
            set_use(m, use);
        } else if (after.word.replays() > before.replays()) {
            timeline_moment& m = add(moment_kind::replayed, record.time, record);
            m.generation = after.word.generation();
            m.replays = after.word.replays();
        }
        if (before.live() && !after.word.live()) {
            ended(record);
        }
    }

    void ended(const record_view& record) {
        // Within the second of its creation an end is recorded as one second after.
        const timestamp said = out_.facts.created_at + seconds(out_.ended_after);
        const bool near = to_seconds(record.time) <= said && said - to_seconds(record.time) <= seconds(1);
        timeline_moment& m = add(moment_kind::ended, near ? record.time : timestamp_ms(said), record);
        m.status = out_.word.status();
        m.generation = out_.word.generation();
    }

    void happened(security_event& e, const record_view& record) {
        // Of what an operator changed of a user, these end sessions.
        const std::string_view what = read_act(e.about).what; // the client's name may have any word in it
        const bool ending = e.kind == event_kind::user_changed && (what.find("password") != std::string_view::npos ||
                                                                   what.find("disabled") != std::string_view::npos);
        const std::optional<moment_kind> kind = ending ? moment_kind::revoke_asked : kind_of(e.kind);
        const bool of_user =
            kind == moment_kind::revoke_asked && e.family == family_id{} && out_.known && e.user == out_.facts.user;
        if (!kind || !(e.family == out_.family || of_user)) {
            return;
        }
        timeline_moment& m = add(*kind, instant(e.presented.at, record.time), record);
        m.generation = e.generation_current;
        m.address = e.presented.address;
        m.agent = e.presented.agent;
        m.evidence = std::move(e);
    }
    static std::optional<moment_kind> kind_of(event_kind kind) {
        switch (kind) {
        case event_kind::reuse_detected:
            return moment_kind::reuse_found;
        case event_kind::reuse_suspected:
            return moment_kind::suspected;
        case event_kind::family_healed:
            return moment_kind::healed;
        case event_kind::family_ahead:
            return moment_kind::ahead_found;
        case event_kind::sessions_revoked:
        case event_kind::user_removed:
        case event_kind::user_logged_out:
        case event_kind::session_ended:
            return moment_kind::revoke_asked;
        default:
            return std::nullopt;
        }
    }

    void user_record(const record_view& record) {
        user u;
        if (out_.known && record.body.size() >= sizeof(std::uint64_t) &&
            load_le<std::uint64_t>(record.body.data()) == out_.facts.user.value && decode(record, u) == decoding::ok) {
            take_user(u, record);
        }
    }

    void take_user(const user& u, const record_view& record) {
        if (out_.user_known && u.version <= user_version_) {
            return;
        }
        const bool first = !out_.user_known;
        const user_gate before = first ? user_gate{.epoch = out_.facts.epoch} : out_.gate;
        out_.user_known = true;
        user_version_ = u.version;
        out_.user_email = u.deleted ? out_.user_email : u.email;
        out_.user_name = u.deleted ? out_.user_name : u.username;
        out_.user_deleted = u.deleted;
        out_.gate = u.gate;
        if (u.gate.epoch > before.epoch || (before.enabled && !u.gate.enabled)) {
            timeline_moment& m = add(moment_kind::gate_closed, instant(u.gate.changed_at, record.time), record);
            m.reason = u.gate.reason;
            m.spared = u.gate.admits(out_.family, out_.facts.epoch);
        } else if (!before.enabled && u.gate.enabled) {
            add(moment_kind::gate_opened, record.time, record);
        }
    }

    // Gates that closed before the family was there are no part of its life.
    void drop_what_was_before() {
        if (!out_.known) {
            out_.moments.clear();
            return;
        }
        std::erase_if(out_.moments, [this](const timeline_moment& m) {
            const bool of_user = m.kind == moment_kind::gate_closed || m.kind == moment_kind::gate_opened ||
                                 m.kind == moment_kind::revoke_asked;
            return of_user && to_seconds(m.at) < out_.facts.created_at;
        });
    }

    struct pending_word {
        family_word word;
        std::uint32_t ended_after = 0, use_generation = 0;
        family_use use;
        std::uint64_t lsn = 0;
        timestamp_ms time{};
        record_view record() const {
            record_view r;
            r.lsn = lsn;
            r.time = time;
            return r;
        }
    };
    directory_view& view_;
    timeline out_;
    std::uint32_t use_generation_ = 0;
    std::uint64_t user_version_ = 0;
    std::vector<pending_word> words_;
};

} // namespace

timeline read_timeline(directory_view& view, const family_id& id, timestamp now) {
    timeline out;
    read_settled(view, [&] {
        timeline_reader reader(view, id, now);
        const bool whole = reader.read();
        out = reader.finish();
        return whole;
    });
    return out;
}

} // namespace pawl::storage
