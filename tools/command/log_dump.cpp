// pawlctl log dump: frames and records, filtered.
#include "core/text/json_text.hpp"
#include "core/text/rfc3339.hpp"
#include "storage/history/log_reader.hpp"
#include "tools/command/commands.hpp"
#include "tools/record_filter.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <memory>

namespace pawl::tools {

namespace {

struct dump_options {
    filter_options filter;
    bool frames = false, without_keys = false;
};

const char* name_of(storage::frame_type type) {
    constexpr std::array<const char*, 5> names{"", "DATA", "COMMIT", "SEAL", "CLEAN"};
    return names.at(static_cast<std::size_t>(type));
}

void print_frame(output& out, const storage::frame_view& frame, const storage::log_reader& log) {
    const std::string segment = storage::segment_name(log.segment().segno);
    if (!out.json()) {
        out.line(out.shaded(segment + " offset " + std::to_string(frame.offset) + "  batch " +
                                std::to_string(frame.fields.batch_seq) + "  " + name_of(frame.fields.type) + "  " +
                                std::to_string(frame.fields.n_records) + " records, " +
                                std::to_string(frame.payload.size()) + " bytes  " + time_text(frame.fields.time),
                            colour::cyan));
        return;
    }
    std::string text;
    json_object_writer(text)
        .member("frame", name_of(frame.fields.type))
        .member("segment", segment)
        .member("offset", frame.offset)
        .member("batch", frame.fields.batch_seq)
        .member("first_lsn", frame.fields.first_lsn)
        .member("records", std::uint64_t{frame.fields.n_records})
        .member("bytes", std::uint64_t{frame.payload.size()})
        .member("time", to_rfc3339_ms(frame.fields.time))
        .end();
    out.line(text);
}

void print_record(output& out, const storage::record_view& record, const record_text& text) {
    if (out.json()) {
        out.line(text.json);
        return;
    }
    std::string type = text.type;
    type.resize(std::max<std::size_t>(type.size(), sizeof "family_created"), ' ');
    out.line(std::to_string(record.lsn) + "  " + out.shaded(time_text(record.time), colour::dim) + "  " +
             out.shaded(type, colour::bold) + text.text);
}

class dumping {
public:
    dumping(program& p, const dump_options& o, storage::directory_view& view)
        : p_(p), options_(o), view_(view), filter_(o.filter) {
        filter_.learn_families(view_);
    }

    int run() {
        storage::read_settled(view_, [this] { return print_rest(); });
        return 0;
    }

private:
    // False where the directory moved on: what was printed stays, and the next call goes on after it.
    bool print_rest() {
        storage::log_reader log(view_, next_lsn_ == 0 ? filter_.start(view_) : view_.at_lsn(next_lsn_));
        while (const auto frame = log.next()) {
            if (filter_.is_past(frame->fields.time, log.first_lsn())) {
                return true;
            }
            if (frame->fields.batch_seq < next_batch_) {
                continue;
            }
            if (next_lsn_ != 0 && log.first_lsn() > next_lsn_) {
                p_.out.note("records " + std::to_string(next_lsn_) + " to " + std::to_string(log.first_lsn() - 1) +
                            " went while they were read: retention took them");
            }
            print(*frame, log);
            next_batch_ = frame->fields.batch_seq + 1;
            next_lsn_ = log.first_lsn() + frame->fields.n_records;
        }
        const storage::log_end& end = log.end();
        if (end.superseded) {
            return false;
        }
        if (end.kind != storage::exit_code::none) {
            throw storage::refused(end.kind, end.line());
        }
        if (end.what.kind == storage::scan_verdict_kind::torn) {
            p_.out.note(end.line());
        }
        return true;
    }

    void print(const storage::frame_view& frame, const storage::log_reader& log) {
        if (options_.frames) {
            print_frame(p_.out, frame, log);
        }
        storage::record_cursor cursor{frame.payload};
        storage::record_view record;
        record.lsn = log.first_lsn();
        record.time = frame.fields.time;
        for (; cursor.next(record); ++record.lsn) {
            if (!filter_.may_pass(record)) {
                continue;
            }
            const record_text text = describe(record);
            if (filter_.passes(record, text)) {
                print_record(p_.out, record, text);
            }
        }
    }

    program& p_;
    const dump_options& options_;
    storage::directory_view& view_;
    record_filter filter_;
    std::uint64_t next_lsn_ = 0, next_batch_ = 0; // after what was printed; 0: nothing yet
};

int dump(program& p, const dump_options& o) {
    const history_source source = open_history(p.global, o.without_keys ? need_keys::no : need_keys::yes);
    return dumping(p, o, *source.view).run();
}

} // namespace

void add_log_dump(CLI::App& group, program& p) {
    CLI::App* const command = group.add_subcommand("dump", "every record that is kept, oldest first; never a secret");
    const auto o = std::make_shared<dump_options>();
    add_filter_options(*command, o->filter);
    command->add_flag("--frames", o->frames, "the frames they came in, too");
    command->add_flag("--without-keys", o->without_keys, "do without the key file: the chain is not proven then");
    command->callback([&p, o] { p.action = [&p, o] { return dump(p, *o); }; });
}

} // namespace pawl::tools
